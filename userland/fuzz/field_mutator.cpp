// SPDX-License-Identifier: GPL-2.0-or-later
#include "field_mutator.h"

#include <elf.h>

#include <random>

#include "checkpoint/test_support/raw_image.h"
#include "pair.h"

namespace checkpoint {
namespace {

std::uint64_t get(ByteView image, std::size_t at) {
  return load<std::uint64_t>(image, at, {"fuzz"});
}

void put(std::span<std::byte> image, std::size_t at, std::uint64_t value) {
  std::memcpy(image.data() + at, &value, sizeof(value));
}

/// An address, an offset or a size, by its looks; they are what matters most.
bool is_pages(std::uint64_t value) {
  return value != 0 && value % kPageSize == 0 && value >> 47 == 0;
}

/// Where a field of the headers and notes is, which are aligned to 4.
std::size_t pick_field(ByteView image, std::mt19937& random) {
  constexpr std::size_t head = 2048;  // as much as the seeds have
  const std::size_t fields = std::min(image.size() - sizeof(std::uint64_t), head) / 4 + 1;
  std::size_t field = random() % fields;
  if (random() % 4 == 0) return field * 4;
  for (std::size_t n = 0; n < fields && !is_pages(get(image, field * 4)); ++n)
    field = (field + 1) % fields;
  return field * 4;
}

void change_one(std::span<std::byte> image, std::mt19937& random) {
  const std::size_t at = pick_field(image, random);
  const std::uint64_t value = get(image, at);
  const std::uint64_t pages = 1 + random() % 4;
  switch (random() % 4) {
    case 0:
      return put(image, at, value + pages * kPageSize);
    case 1:
      return put(image, at, value - pages * kPageSize);
    case 2:
      return put(image, at, get(image, pick_field(image, random)));
    default:
      return put(image, at, value ^ (std::uint64_t{1} << (random() % 64)));
  }
}

/// Sums the pages of the array of @Run in the note @type.
template <typename Run>
std::uint64_t pages_of(const RawImage& image, std::uint32_t type) {
  const auto note = load<Elf64_Nhdr>(image.bytes(), image.note(type), {"fuzz"});
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; n < note.n_descsz / sizeof(Run); ++n) {
    const auto run = load<Run>(image.bytes(), image.descriptor(type) + n * sizeof(Run), {"fuzz"});
    bytes += run.end - run.start;
  }
  return bytes / kPageSize;
}

void repair_counts(RawImage& image) {
  proc_checkpoint_info counts{};
  for (std::uint64_t at = image.program_header(1); at < image.last_program_header();
       at += sizeof(Elf64_Phdr)) {
    const auto segment = load<Elf64_Phdr>(image.bytes(), at, {"fuzz"});
    (segment.p_filesz != 0 ? counts.pages_data : counts.pages_zero) += segment.p_memsz / kPageSize;
  }
  counts.pages_file = pages_of<proc_checkpoint_file_run>(image, PROC_CHECKPOINT_NT_FILE_PAGES);
  counts.pages_skipped = pages_of<proc_checkpoint_skipped_run>(image, PROC_CHECKPOINT_NT_SKIPPED);
  image.edit<proc_checkpoint_info>(image.descriptor(PROC_CHECKPOINT_NT_INFO), [&](auto& info) {
    info.pages_data = counts.pages_data;
    info.pages_zero = counts.pages_zero;
    info.pages_file = counts.pages_file;
    info.pages_skipped = counts.pages_skipped;
  });
}

void mutate_fields(std::span<std::byte> image, unsigned seed) {
  std::mt19937 random(seed);
  if (image.size() < sizeof(Elf64_Ehdr)) return;
  for (unsigned n = 1 + random() % 3; n > 0; --n) change_one(image, random);
  if (random() % 8 == 0) return;
  try {
    RawImage raw(Bytes(image.begin(), image.end()));
    repair_counts(raw);
    raw.seal();
    std::copy(raw.bytes().begin(), raw.bytes().end(), image.begin());
  } catch (const std::exception&) {
    // Not enough of an image left: as good an input as any.
  }
}

}  // namespace

std::size_t mutate_image(std::uint8_t* data, std::size_t size, std::size_t max_size,
                         unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  mutate_fields(std::as_writable_bytes(std::span(data, size)), seed);
  return size;
}

std::size_t mutate_pair(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  const auto input = std::as_writable_bytes(std::span(data, size));
  const auto pair = split_pair(input);
  if (seed % 4 == 0 || !pair) return LLVMFuzzerMutate(data, size, max_size);
  const auto images = input.last(pair->first.size() + pair->second.size());
  const std::size_t first = pair->first.size();
  mutate_fields(seed % 2 == 0 ? images.first(first) : images.subspan(first), seed);
  return size;
}

}  // namespace checkpoint
