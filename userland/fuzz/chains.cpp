// SPDX-License-Identifier: GPL-2.0-or-later
#include "chains.h"

#include <cstdlib>
#include <utility>

#include "checkpoint/merge.h"
#include "checkpoint/same_memory.h"
#include "messages.h"

namespace checkpoint {

Chain chain_of(const std::vector<ByteView>& images) {
  std::vector<Image> opened;
  for (const ByteView image : images)
    opened.push_back(Image::from_bytes(image, opened.empty() ? "full" : "inc"));
  return Chain::from_images(std::move(opened));
}

void check_merged(const Snapshot& snapshot) {
  MemorySink sink;
  const auto succeeds = [](auto function) {
    return unless_refused(Error::Kind::damaged, [&function] { return function(), true; });
  };
  if (succeeds([&] { merge(snapshot, sink); }) != succeeds([&] { snapshot.chain().verify(); }))
    std::abort();

  // The CRCs come last, so that all is there.  Nothing of this may throw.
  const Chain merged = chain_of({sink.bytes()});
  merged.verify();
  if (!same_memory(snapshot, Snapshot(merged))) std::abort();
}

}  // namespace checkpoint
