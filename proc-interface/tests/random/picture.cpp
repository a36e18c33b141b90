// SPDX-License-Identifier: GPL-2.0-or-later
#include "picture.h"

#include <utility>

#include "../support/test.h"

namespace test::random {

using checkpoint::PageState;

void Picture::apply(const checkpoint::Image& image) {
  auto index_of = [&](std::uint64_t address) { return (address - range_.start) / page_size; };
  std::vector<Saved> next(pages_.size());
  for (const checkpoint::Mapping& mapping : image.mappings())
    for (std::uint64_t at = mapping.start; at < mapping.end; at += page_size) {
      Saved& saved = next.at(index_of(at));
      saved.state = PageState::absent;
      saved.protection = mapping.prot;
      saved.shared = mapping.has(PROC_CHECKPOINT_MAP_SHARED);
      saved.offset = mapping.file_offset(at);
    }
  for (const checkpoint::Run& run : image.runs()) {
    const checkpoint::ByteView data = image.bytes(run);
    for (std::uint64_t at = run.start; at < run.end; at += page_size) {
      Saved& saved = next.at(index_of(at));
      saved.state = run.state;
      if (run.state == PageState::data)
        saved.contents = changed(nullptr, 0, data.subspan(at - run.start, page_size));
      if (run.state == PageState::file) {
        REQUIRE_EQ(run.offset + (at - run.start), saved.offset, "of", image.name());
      }
    }
  }
  for (std::size_t i = 0; i < next.size(); i++) {
    if (next[i].state != PageState::absent) continue;
    REQUIRE_EQ(checkpoint::state_text(pages_[i].state), "data", image.name(),
               "leaves to its parent page", i);
    next[i].state = PageState::data;
    next[i].contents = pages_[i].contents;
  }
  for (std::size_t i = 0; forgets_ && i < next.size(); i++) {
    if (next[i].state != PageState::data || equal(next[i].contents, pages_[i].contents)) continue;
    next[i].contents = pages_[i].contents;
    forgets_ = false;
  }
  pages_ = std::move(next);
}

std::string Picture::difference_of(Saved& saved, const Place& place,
                                   const Contents& expected) const {
  if (saved.state == PageState::unmapped || !place.mapped())
    return (saved.state == PageState::unmapped) == !place.mapped() ? "" : "mapped or not";
  if (saved.protection != place.protection) return "its protection";
  if (saved.shared != (place.backing == Backing::shared)) return "shared or not";
  if (!place.anonymous() && saved.offset != place.index * page_size) return "its file offset";
  const bool the_files = place.backing == Backing::file && !place.copied;
  if ((saved.state == PageState::file) != the_files) return "the file's or not";
  if (the_files) return "";
  if (saved.state != PageState::data && saved.state != PageState::zero) return "skipped";
  if (!equal(saved.contents, expected)) return "its bytes";
  // From now on, equal at a glance.
  saved.contents = expected;
  return "";
}

std::string Picture::difference(const Model& model, std::size_t first, std::size_t count,
                                std::size_t at, Model* adopt) {
  for (std::size_t i = 0; i < count; i++) {
    Saved& saved = pages_.at(at + i);
    const Place& place = model.places[first + i];
    std::string what = difference_of(saved, place, model.contents(first + i));
    if (what.empty()) continue;
    if (what == "its bytes" && place.freed && equal(saved.contents, nullptr)) {
      if (adopt != nullptr) {
        adopt->places[first + i].own = nullptr;
        adopt->places[first + i].freed = false;
      }
      continue;
    }
    return "page " + std::to_string(first + i) + " (" + text(place) +
           ", as the image has it: " + std::string(checkpoint::state_text(saved.state)) +
           "): " + what;
  }
  return "";
}

}  // namespace test::random
