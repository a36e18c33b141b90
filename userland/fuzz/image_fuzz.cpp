// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an image: refused with an Error, or good in every respect.
#include <cstdlib>
#include <utility>

#include "checkpoint/merge.h"
#include "checkpoint/snapshot.h"
#include "field_mutator.h"

namespace {

using checkpoint::Bytes;
using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::Image;
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
  bool full = false;
  try {
    const Image image = Image::from_bytes(bytes, "fuzz");
    full = image.info().kind == checkpoint::Kind::full;
    use(image);
    image.verify();
  } catch (const Error&) {
  }
  if (full) merge_alone(bytes);  // must not throw
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  checkpoint::mutate_fields(std::as_writable_bytes(std::span(data, size)), seed);
  return size;
}
