// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an image for those that read its beginning alone: they take it
// for what the whole says that it is, and agree with each other on what is none.
#include <elf.h>

#include <cstdlib>

#include "checkpoint/find_chain.h"
#include "checkpoint/image_directory.h"
#include "checkpoint/image_stream.h"
#include "checkpoint/info_peek.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/memory_source.h"
#include "checkpoint/test_support/samples.h"
#include "field_mutator.h"
#include "messages.h"

namespace {

using checkpoint::ByteView;
using checkpoint::Error;
using checkpoint::Image;
using checkpoint::Info;

constexpr auto kDamaged = Error::Kind::damaged;

/// An input, and what two readers in memory say of it.
struct Input {
  ByteView bytes;
  std::optional<Info> good;    ///< all of it was read
  std::optional<Info> peeked;  ///< its beginning was
};

Input read(ByteView bytes) {
  checkpoint::InfoPeek peek;
  peek.take(bytes);
  return {.bytes = bytes,
          .good = checkpoint::unless_refused(
              kDamaged, [bytes] { return Image::from_bytes(bytes, "fuzz").info(); }),
          .peeked = peek.info()};
}

/// The bytes as they go by in a pipe, in pieces of a size that they give.
void check_pieces(const Input& input) {
  checkpoint::InfoPeek pieces;
  const std::size_t last =
      input.bytes.empty() ? 0 : std::to_integer<std::size_t>(input.bytes.back());
  const std::size_t size = 97 - last % 97;  // (0 is frequent, and 1 takes long)
  for (std::size_t at = 0; at < input.bytes.size(); at += size)
    pieces.take(input.bytes.subspan(at, std::min(size, input.bytes.size() - at)));
  if (pieces.size() != input.bytes.size()) std::abort();
  // What is no image may point back to where it has gone by.
  if (pieces.info() && pieces.info() != input.peeked) std::abort();
  if (input.good && pieces.info() != input.good) std::abort();
}

/// The same bytes as a stream: taken if the whole is, and for the same.
void check_stream(const Input& input) {
  const std::size_t last =
      input.bytes.empty() ? 0 : std::to_integer<std::size_t>(input.bytes.back());
  checkpoint::MemorySource source(input.bytes, 1 + last * 16);
  std::optional<Info> good;
  try {
    checkpoint::ImageStream stream(source, "fuzz");
    stream.finish();
    good = stream.info();
  } catch (const Error& error) {
    // (failed: it claims more than is held)
    checkpoint::check_message(error, error.kind() == kDamaged ? kDamaged : Error::Kind::failed);
  }
  if (good != input.good) std::abort();
}

/// A core file that begins with the headers and notes of an image.
bool looks_like_image(ByteView bytes) {
  const auto header = checkpoint::load<Elf64_Ehdr>(bytes, 0, {"fuzz"});
  const auto notes = checkpoint::load<Elf64_Phdr>(bytes, header.e_phoff, {"fuzz"});
  return header.e_type == ET_CORE && notes.p_type == PT_NOTE;
}

/// The input as a file of a directory, and an inc elsewhere that may build on it.
class Files {
 public:
  Files() {
    checkpoint::ImageBuilder inc = checkpoint::sample_inc();
    child_ = inc.info();
    inc.write_to(inc_);
  }

  void check(const Input& input) const {
    checkpoint::write_file(path_, input.bytes);
    check_peek(input);
    check_scan(input);
    check_parent(input);
  }

 private:
  void check_peek(const Input& input) const {
    const auto found = checkpoint::peek_at(path_);
    if (found.has_value() != input.peeked.has_value()) std::abort();
    if (found && (found->info != *input.peeked || found->size != input.bytes.size())) std::abort();
  }

  /// It is one thing: an image, a damaged one, or none.
  void check_scan(const Input& input) const {
    const auto found = checkpoint::scan_directory(dir_.path());
    if (found.images.size() + found.bad.size() + found.others != 1) std::abort();
    if (input.good.has_value() != (found.images.size() == 1)) std::abort();
    for (const auto& image : found.images)
      if (image.info != *input.good || image.file_size != input.bytes.size()) std::abort();
    for (const auto& bad : found.bad) {
      check_message(bad.error, kDamaged);
      if (bad.error.subject() != path_) std::abort();
    }
    // What is left of an image is not passed over.
    if (input.peeked && found.others != 0 && looks_like_image(input.bytes)) std::abort();
  }

  void check_parent(const Input& input) const {
    const bool fits = input.peeked && input.peeked->id == child_.parent &&
                      input.peeked->seq + 1 == child_.seq &&
                      input.peeked->kind == checkpoint::Kind::full;
    const auto chain = checkpoint::unless_refused(
        kDamaged, [this] { return checkpoint::find_chain(inc_, {path_}); });
    if (chain && (!fits || *chain != std::vector<std::string>{path_, inc_})) std::abort();
    if (!chain && fits && input.good) std::abort();
  }

  checkpoint::TempDir dir_, other_dir_;
  std::string path_ = dir_ / "fuzz";
  std::string inc_ = other_dir_ / "inc";
  Info child_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Files files;
  const Input input = read(std::as_bytes(std::span(data, size)));
  check_pieces(input);
  check_stream(input);
  files.check(input);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return checkpoint::mutate_image(data, size, max_size, seed);
}
