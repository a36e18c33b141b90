// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as two images for cp_load.h, which reads images by itself: a full
// one and an inc on it.  What the library finds good, and has all pages of, it
// must load, to the same bytes.
#include <cstdlib>
#include <cstring>
#include <utility>

#include "checkpoint/extract.h"
#include "checkpoint/snapshot.h"
#include "cp_load.h"
#include "field_mutator.h"

namespace {

using checkpoint::Bytes;
using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::Image;

/// More is not loaded here: zeros take no room in an image.
constexpr std::uint64_t kMost = std::uint64_t{1} << 22;

/// What cp_load() does with files, of images in memory; fills @memory.
int load(const std::vector<Bytes>& images, Bytes& memory) {
  std::vector<cp_load_image_> parsed(images.size());
  int error = 0;
  for (std::size_t n = 0; n < images.size() && error == 0; ++n) {
    parsed[n].bytes = reinterpret_cast<const unsigned char*>(images[n].data());
    parsed[n].size = images[n].size();
    error = cp_load_parse_(&parsed[n]);
  }
  for (std::size_t n = 0; n < images.size() && error == 0; ++n) error = cp_load_check_(&parsed[n]);
  if (error == 0) error = cp_load_check_links_(parsed.data(), parsed.size());
  if (error == 0) error = cp_load_check_pages_(parsed.data(), parsed.size());
  const std::uint64_t size = parsed[0].info.end - parsed[0].info.start;
  if (error != 0 || size > kMost) return error;
  memory.assign(size, std::byte{'.'});
  for (const cp_load_image_& image : parsed)
    cp_load_write_(&image, reinterpret_cast<unsigned char*>(memory.data()));
  return 0;
}

/// The same by the library.  Throws Error, also where a page is of a file.
Bytes extract(const std::vector<Bytes>& images) {
  std::vector<Image> opened;
  for (const Bytes& bytes : images) opened.push_back(Image::from_bytes(bytes, "fuzz"));
  const Chain chain = Chain::from_images(std::move(opened));
  chain.verify();
  const checkpoint::Snapshot snapshot(chain);
  for (const auto& run : snapshot.runs())
    if (run.state == checkpoint::PageState::file) throw checkpoint::damaged("a page of a file");
  const auto& info = chain.newest().info();
  if (info.end - info.start > kMost) throw checkpoint::damaged("too large for here");
  checkpoint::MemorySink sink;
  checkpoint::extract(snapshot, info.start, info.end, checkpoint::Holes::refuse, sink);
  return sink.bytes();
}

void compare(const std::vector<Bytes>& images) {
  Bytes memory;
  const int error = load(images, memory);
  try {
    const Bytes expected = extract(images);
    if (error != 0 || memory != expected) std::abort();
  } catch (const Error&) {
    // It checks more than cp_load.h does.
  }
}

}  // namespace

/// Four bytes: length of the first image.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t first = 0;
  if (size < sizeof(first)) return 0;
  std::memcpy(&first, data, sizeof(first));
  const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(sizeof(first));
  if (first > bytes.size()) return 0;
  // Each in a buffer of just its size, so that the sanitizer sees reads behind it.
  const auto copy = [](ByteView view) { return Bytes(view.begin(), view.end()); };
  const Bytes full = copy(bytes.first(first));
  compare({full});
  if (first < bytes.size()) compare({full, copy(bytes.subspan(first))});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return checkpoint::mutate_pair(data, size, max_size, seed);
}
