// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image.h"

#include <elf.h>

#include <utility>

#include "checkpoint/crc_check.h"
#include "checkpoint/standard_input.h"

namespace checkpoint {
namespace {

/// An ELF file, maybe an image, without its end.
bool is_cut(ByteView bytes) {
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return false;
  if (bytes.size() < end_note_size()) return true;
  try {
    const std::uint64_t end = bytes.size() - end_note_size();
    static_cast<void>(decode_end(bytes.subspan(end), end));
    return false;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

Image::Image(MappedFile file, ByteView bytes, std::string name)
    : ImageHead(std::move(name)), file_(std::move(file)), bytes_(bytes) {
  try {
    decode();
  } catch (Error& error) {
    error.subject_if_none(this->name());
    // (standard input has a hint of its own)
    if (error.kind() == Error::Kind::damaged && error.hint().empty() &&
        this->name() != kStandardInputName && is_cut(bytes_))
      error.hint("it does not end as an image does: was it copied whole, and is it finished?");
    throw;
  }
}

Image Image::open(const std::string& path, Steps& steps) {
  const bool input = path == kStandardInput;
  MappedFile file = input ? map_standard_input(steps) : MappedFile(path);
  const ByteView bytes = file.bytes();
  try {
    return {std::move(file), bytes, input ? kStandardInputName : path};
  } catch (Error& error) {
    if (input) hint_at_the_pipe(error);
    throw;
  }
}

Image Image::from_bytes(ByteView bytes, std::string name) {
  return {MappedFile(), bytes, std::move(name)};
}

void Image::decode() {
  if (bytes_.empty()) throw damaged("is empty");
  take_front(decode_segments(bytes_), bytes_);
  check_size(bytes_.size());
  take_end(bytes_.subspan(end_offset()));
}

void Image::verify(const Advanced& advanced) const {
  CrcCheck(*this, advanced).finish();
}

bool Image::same_as(const Image& other) const {
  if (info().id != other.info().id || bytes_.size() != other.bytes_.size()) return false;
  return bytes_.data() == other.bytes_.data() || file_.same_file(other.file_);
}

ByteView Image::bytes(const Run& run) const {
  return run.state == PageState::data ? bytes(run.offset, run.size()) : ByteView{};
}

ByteView Image::bytes(std::uint64_t offset, std::uint64_t size) const {
  return slice(bytes_, offset, size, {"page data"});
}

PageState Image::read_page(std::uint64_t address, std::span<std::byte> page) const {
  const Run* run = run_at(address);
  if (run == nullptr) return state_at(address);
  if (run->state == PageState::data) {
    const ByteView data = bytes(run->offset + (address - run->start), kPageSize);
    std::copy(data.begin(), data.end(), page.begin());
  } else if (run->state == PageState::zero) {
    std::fill(page.begin(), page.end(), std::byte{0});
  }
  return run->state;
}

}  // namespace checkpoint
