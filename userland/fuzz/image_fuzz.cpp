// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an image: refused with an Error, or good in every respect; and
// what readers of its beginning alone take it for.
#include <cstdlib>
#include <optional>
#include <utility>

#include "checkpoint/find_chain.h"
#include "checkpoint/image_directory.h"
#include "checkpoint/info_peek.h"
#include "checkpoint/merge.h"
#include "checkpoint/snapshot.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"
#include "field_mutator.h"

namespace {

using checkpoint::Bytes;
using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::Image;
using checkpoint::Info;
using checkpoint::PageState;

/// Uses what the image says, as a program would.
void use(const Image& image) {
  Bytes page(checkpoint::kPageSize);
  unsigned sum = 0;
  for (const auto& run : image.runs()) {
    for (const std::byte byte : image.bytes(run)) sum += std::to_integer<unsigned>(byte);
    if (image.state_at(run.start) != run.state || image.state_at(run.end - 1) != run.state)
      std::abort();
    if (image.read_page(run.end - checkpoint::kPageSize, page) != run.state) std::abort();
    if (!image.mappings().at(run.mapping).contains(run.start)) std::abort();
  }
  volatile unsigned keep = sum;
  static_cast<void>(keep);
}

/// What goes by, in pieces of any size; @good: what is to be seen.
std::optional<Info> peek(ByteView bytes, const std::optional<Info>& good) {
  checkpoint::InfoPeek whole, pieces;
  whole.take(bytes);
  const std::size_t size = bytes.empty() ? 1 : 1 + std::to_integer<std::size_t>(bytes.back()) % 97;
  for (std::size_t at = 0; at < bytes.size(); at += size)
    pieces.take(bytes.subspan(at, std::min(size, bytes.size() - at)));
  if (pieces.size() != bytes.size()) std::abort();
  // What is no image may point back to where it has gone by.
  if (pieces.info() && pieces.info() != whole.info()) std::abort();
  if (good && pieces.info() != good) std::abort();
  return whole.info();
}

/// A file of a directory, and what an inc beside it may build on.
class Directory {
 public:
  Directory() { checkpoint::sample_inc().write_to(inc_); }

  void write(ByteView bytes) const { checkpoint::write_file(path_, bytes); }

  /// It is one thing: an image, a damaged one, or none.
  void scan(const std::optional<Info>& good) const {
    const auto found = checkpoint::scan_directory(dir_.path());
    if (found.images.size() + found.bad.size() + found.others != 1) std::abort();
    if (good && (found.images.size() != 1 || found.images[0].info != good)) std::abort();
  }

  /// @peeked: of the same bytes.
  void look_for_parent(const std::optional<Info>& peeked) const {
    try {
      checkpoint::find_chain(inc_, {path_});
      if (!peeked || peeked->id != checkpoint::sample_inc().info().parent) std::abort();
    } catch (const Error&) {
    }
  }

 private:
  checkpoint::TempDir dir_, other_dir_;
  std::string path_ = dir_ / "fuzz";
  std::string inc_ = other_dir_ / "inc";
};

/// A good full image, merged, is a good image that says the same.
void merge_alone(ByteView bytes) {
  std::vector<Image> images;
  images.push_back(Image::from_bytes(bytes, "fuzz"));
  const Chain chain = Chain::from_images(std::move(images));
  const auto runs = chain.resolve();
  checkpoint::MemorySink sink;
  try {
    merge(chain, sink);
  } catch (const Error&) {  // of the CRC, which comes last
  }

  std::vector<Image> merged;
  merged.push_back(Image::from_bytes(sink.bytes(), "merged"));
  const Chain again = Chain::from_images(std::move(merged));
  again.verify();
  if (again.resolve().size() > runs.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  std::optional<Info> info;
  try {
    const Image image = Image::from_bytes(bytes, "fuzz");
    info = image.info();
    use(image);
    image.verify();
  } catch (const Error&) {
  }
  static const Directory directory;
  directory.write(bytes);
  directory.scan(info);
  directory.look_for_parent(peek(bytes, info));
  if (info && info->kind == checkpoint::Kind::full) merge_alone(bytes);  // must not throw
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  checkpoint::mutate_fields(std::as_writable_bytes(std::span(data, size)), seed);
  return size;
}
