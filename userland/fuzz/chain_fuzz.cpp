// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as two images, a full one and an inc on it.
#include <cstdlib>
#include <cstring>
#include <utility>

#include "checkpoint/auxv.h"
#include "checkpoint/merge.h"
#include "checkpoint/snapshot.h"
#include "field_mutator.h"

namespace {

using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::Image;

/// Each resolved run lies in one mapping, behind the previous one.
void check(const Chain& chain) {
  const checkpoint::Snapshot snapshot(chain);
  std::uint64_t at = 0;
  std::uint64_t covered = 0;
  std::uint64_t mapped = 0;
  for (const auto& run : snapshot.runs()) {
    if (run.start < at || run.end <= run.start) std::abort();
    if (run.state == checkpoint::PageState::data &&
        run.image->bytes(run.offset, run.size()).size() != run.size())
      std::abort();
    at = run.end;
    covered += run.size();
  }
  for (const auto& mapping : chain.newest().mappings()) mapped += mapping.end - mapping.start;
  if (covered != mapped) std::abort();
  // At least the seven entries that it must have, and AT_NULL.
  const auto auxv = checkpoint::find_auxv(snapshot);
  if (auxv && (auxv->size() % 16 != 0 || auxv->size() < 8 * 16)) std::abort();
}

}  // namespace

/// Four bytes: length of the first image.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t first = 0;
  if (size < sizeof(first)) return 0;
  std::memcpy(&first, data, sizeof(first));
  const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(sizeof(first));
  if (first > bytes.size()) return 0;
  try {
    std::vector<Image> images;
    images.push_back(Image::from_bytes(bytes.first(first), "full"));
    images.push_back(Image::from_bytes(bytes.subspan(first), "inc"));
    const Chain chain = Chain::from_images(std::move(images));
    check(chain);
    checkpoint::MemorySink sink;
    try {
      merge(chain, sink);
    } catch (const Error&) {  // of the CRC, which comes last
    }
    Image::from_bytes(sink.bytes(), "merged").verify();
  } catch (const Error&) {
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::uint32_t first = 0;
  if (seed % 4 == 0 || size < sizeof(first)) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(&first, data, sizeof(first));
  const auto bytes = std::as_writable_bytes(std::span(data, size)).subspan(sizeof(first));
  if (first > bytes.size()) return LLVMFuzzerMutate(data, size, max_size);
  checkpoint::mutate_fields(seed % 2 == 0 ? bytes.first(first) : bytes.subspan(first), seed);
  return size;
}
