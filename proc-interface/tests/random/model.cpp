// SPDX-License-Identifier: GPL-2.0-or-later
#include "model.h"

#include <algorithm>

namespace test::random {
namespace {

template <typename Such>
std::size_t run_of(const Model& model, std::size_t first, std::size_t most, Such such) {
  const std::size_t end = first < model.ordinary() ? model.ordinary() : model.size();
  std::size_t count = 0;
  while (count < most && first + count < end && such(model.places[first + count])) count++;
  return count;
}

}  // namespace

std::string text(const Place& place) {
  static constexpr const char* names[] = {"unmapped", "anonymous", "shared", "file"};
  std::string words = names[static_cast<int>(place.backing)];
  if (!place.mapped()) return words;
  words += place.writable() ? " rw" : place.readable() ? " r" : " none";
  if (place.backing == Backing::shared) words += " memfd " + std::to_string(place.object);
  if (!place.anonymous()) words += " page " + std::to_string(place.index);
  if (place.copied) words += " copied";
  if (place.freed) words += " freed";
  if (place.in_pipe) words += " in a pipe";
  if (place.hugetlb) words += " hugetlb";
  if (place.pin >= 0) words += " pinned";
  return words;
}

Model::Model(std::size_t pages, std::size_t huge_pages)
    : places(pages + huge_pages * pages_per_huge),
      shared(memfds, Object(object_pages)),
      ordinary_(pages) {
  shared.emplace_back(huge_pages * pages_per_huge);
}

const Contents& Model::contents(std::size_t page) const {
  static const Contents zeros;
  const Place& place = places[page];
  switch (place.backing) {
    case Backing::none:
      return zeros;
    case Backing::anonymous:
      return place.own;
    case Backing::shared:
      return shared[place.object][place.index];
    case Backing::file:
      return place.copied ? place.own : file[place.index];
  }
  return zeros;
}

std::size_t Model::run(std::size_t first, std::size_t most, bool (*such)(const Place&)) const {
  return run_of(*this, first, most, such);
}

std::size_t Model::run(std::size_t first, std::size_t most, bool (Place::*such)() const) const {
  return run_of(*this, first, most, [such](const Place& place) { return (place.*such)(); });
}

void Model::write(std::size_t page, std::size_t offset, Bytes bytes) {
  Place& place = places[page];
  if (place.backing == Backing::shared) {
    Contents& contents = shared[place.object][place.index];
    contents = changed(contents, offset, bytes);
    return;
  }
  make_own(page);
  place.own = changed(place.own, offset, bytes);
}

void Model::make_own(std::size_t page) {
  Place& place = places[page];
  if (place.backing != Backing::file || place.copied) return;
  place.own = file[place.index];
  place.copied = true;
}

}  // namespace test::random
