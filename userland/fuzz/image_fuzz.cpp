// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an image: refused with an Error, or good in every respect.
#include <cstdlib>

#include "chains.h"
#include "field_mutator.h"
#include "messages.h"

namespace {

using checkpoint::Bytes;
using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::Image;
using checkpoint::Snapshot;

constexpr auto kDamaged = checkpoint::Error::Kind::damaged;

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto image =
      checkpoint::unless_refused(kDamaged, [&] { return Image::from_bytes(bytes, "fuzz"); });
  if (!image) return 0;
  use(*image);
  checkpoint::unless_refused(kDamaged, [&] { return image->verify(), true; });
  if (image->info().kind != checkpoint::Kind::full) return 0;
  // By itself it is a chain: nothing of this may throw.
  const Chain chain = checkpoint::chain_of({bytes});
  check_merged(Snapshot(chain));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return checkpoint::mutate_image(data, size, max_size, seed);
}
