// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as two images, a full one and an inc on it, for cp_load.h, which
// reads images by itself.  Of what the library finds good it must load the same
// bytes, or refuse it where a page has none.
#include <algorithm>
#include <cstdlib>

#include "chains.h"
#include "checkpoint/extract.h"
#include "cp_load.h"
#include "field_mutator.h"
#include "messages.h"
#include "pair.h"

namespace {

using checkpoint::Bytes;
using checkpoint::ByteView;
using checkpoint::Chain;
using checkpoint::PageState;
using checkpoint::Snapshot;

/// More is not loaded here: zeros take no room in an image.
constexpr std::uint64_t kMost = std::uint64_t{1} << 18;

/// What is in the range of a good chain.
struct Content {
  bool whole = false;  ///< each page is data or zeros
  Bytes bytes;         ///< of a whole one that is not too large
};

/// What cp_load() does with files, of images in memory, the memory apart.
int parse(const std::vector<ByteView>& images, std::vector<cp_load_image_>& parsed) {
  parsed.resize(images.size());
  int error = 0;
  for (std::size_t n = 0; n < images.size() && error == 0; ++n) {
    parsed[n].bytes = reinterpret_cast<const unsigned char*>(images[n].data());
    parsed[n].size = images[n].size();
    error = cp_load_parse_(&parsed[n]);
  }
  for (std::size_t n = 0; n < images.size() && error == 0; ++n) error = cp_load_check_(&parsed[n]);
  if (error == 0) error = cp_load_check_links_(parsed.data(), parsed.size());
  if (error == 0) error = cp_load_check_pages_(parsed.data(), parsed.size());
  return error;
}

bool is_whole(const Snapshot& snapshot) {
  std::uint64_t at = snapshot.chain().newest().info().start;
  for (const auto& run : snapshot.runs()) {
    if (run.start != at || (run.state != PageState::data && run.state != PageState::zero))
      return false;
    at = run.end;
  }
  return at == snapshot.chain().newest().info().end;
}

/// What the library says.  Throws Error.
Content read(const std::vector<ByteView>& images) {
  const Chain chain = checkpoint::chain_of(images);
  chain.verify();
  const Snapshot snapshot(chain);
  const auto& info = chain.newest().info();
  Content content{.whole = is_whole(snapshot), .bytes = {}};
  if (!content.whole || info.end - info.start > kMost) return content;
  checkpoint::MemorySink sink;
  checkpoint::extract(snapshot, info.start, info.end, checkpoint::Holes::refuse,
                      checkpoint::LostFiles::refuse, sink);
  content.bytes = sink.bytes();
  return content;
}

/// The errors of an image that its comment knows.
bool is_documented(int error) {
  constexpr int known[] = {0, EBADMSG, ESTALE, ENODATA, ENOTSUP};
  return std::find(std::begin(known), std::end(known), error) != std::end(known);
}

void compare(const std::vector<ByteView>& images) {
  std::vector<cp_load_image_> parsed;
  const int error = parse(images, parsed);
  if (!is_documented(error)) std::abort();
  const auto content = checkpoint::unless_refused(checkpoint::Error::Kind::damaged,
                                                  [&images] { return read(images); });
  if (!content) return;  // it checks more than cp_load.h does
  if (!content->whole) {
    if (error != ENODATA && error != ENOTSUP) std::abort();
    return;
  }
  if (error != 0) std::abort();
  if (content->bytes.empty()) return;
  Bytes memory(content->bytes.size(), std::byte{'.'});
  for (const cp_load_image_& image : parsed)
    cp_load_write_(&image, reinterpret_cast<unsigned char*>(memory.data()));
  if (memory != content->bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pair = checkpoint::split_pair(std::as_bytes(std::span(data, size)));
  if (!pair) return 0;
  // Each in memory of just its size, so that the sanitizer sees reads behind it.
  const Bytes full(pair->first.begin(), pair->first.end());
  const Bytes inc(pair->second.begin(), pair->second.end());
  compare({full});
  if (!inc.empty()) compare({full, inc});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return checkpoint::mutate_pair(data, size, max_size, seed);
}
