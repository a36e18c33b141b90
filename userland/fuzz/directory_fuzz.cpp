// SPDX-License-Identifier: GPL-2.0-or-later
// Any facts about any number of images as a directory: arranged so that each is
// in one chain once, and pruned so that no kept point is lost.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "checkpoint/retention.h"
#include "checkpoint/text.h"

namespace {

using namespace checkpoint;

/// Eight bytes for each image; small numbers, so that they meet.
struct Fact {
  std::uint8_t kind;
  std::uint8_t id;
  std::uint8_t parent;
  std::uint8_t seq;
  std::uint8_t group;
  std::uint8_t time;
  std::uint8_t name;
  std::uint8_t more;
};

ImageFile image_of(const Fact& fact, std::size_t number) {
  ImageFile file;
  file.name = (fact.name & 3) == 0 ? str("name", number)
                                   : str("1.", 100'000 + (fact.name * 1000U) + number);
  file.info.kind = (fact.kind & 1) == 0 ? Kind::full : Kind::inc;
  file.info.id[0] = fact.id;
  if (file.info.kind == Kind::inc) file.info.parent[0] = fact.parent;
  file.info.seq = fact.seq == 255 ? UINT64_MAX : fact.seq;
  file.info.pid = 1 + (fact.group & 1);
  file.info.end = (fact.group & 2) == 0 ? 4096 : 8192;
  file.info.time_ns = fact.time;
  if ((fact.more & 1) != 0) file.info.start_time_ns = 1;
  return file;
}

/// Every image is in one chain, and each builds on the one before it.
void check(const std::vector<ImageFile>& images, const Arrangement& arrangement) {
  std::vector<bool> seen(images.size());
  for (const ArrangedChain& chain : arrangement.chains) {
    std::size_t parent = chain.forks_from;
    for (const std::size_t n : chain.images) {
      if (seen.at(n) || arrangement.parents[n] != parent) std::abort();
      seen[n] = true;
      parent = n;
    }
    const auto path = arrangement.path_to(chain.images.back());
    if (chain.fault.empty() && images[path.front()].info.kind != Kind::full) std::abort();
    for (std::size_t n = 1; n < path.size(); ++n) {
      const Info& mine = images[path[n]].info;
      const Info& theirs = images[path[n - 1]].info;
      if (mine.kind != Kind::inc || mine.parent != theirs.id || mine.seq != theirs.seq + 1 ||
          mine.end != theirs.end)
        std::abort();
    }
  }
  for (const bool one : seen)
    if (!one) std::abort();
}

/// Ids that can be read back.
std::multiset<Id> readable(const std::vector<ImageFile>& images) {
  std::multiset<Id> ids;
  for (const ArrangedChain& chain : arrange(images).chains)
    if (chain.fault.empty())
      for (const std::size_t n : chain.images) ids.insert(images[n].info.id);
  return ids;
}

/// After each step, what is not to go can still be read, and nothing breaks.
void prune(std::vector<ImageFile> images, const PrunePlan& plan) {
  std::size_t broken = 0;
  for (const ArrangedChain& chain : arrange(images).chains) broken += !chain.fault.empty();
  std::set<std::size_t> gone;
  for (const PruneStep& step : plan.steps) {
    if (!step.fold.empty()) {
      ImageFile& target = images[step.fold.back()];
      target.info.kind = Kind::full;
      target.info.flags = PROC_CHECKPOINT_INFO_MERGED;
      target.info.parent = Id{};
    }
    for (const std::size_t n : step.remove)
      if (!gone.insert(n).second) std::abort();
  }
  std::vector<ImageFile> left;
  for (std::size_t n = 0; n < images.size(); ++n)
    if (!gone.contains(n)) left.push_back(images[n]);
  for (const ArrangedChain& chain : arrange(left).chains) {
    if (chain.fault.empty()) continue;
    if (broken-- == 0) std::abort();
  }
  const auto before = readable(images);
  const auto after = readable(left);
  std::multiset<Id> expected = before;
  for (const std::size_t n : gone) {
    const auto found = expected.find(images[n].info.id);
    if (found == expected.end()) std::abort();
    expected.erase(found);
  }
  // A lie about an id may be gone, too, and what it was about can be read.
  if (!std::includes(after.begin(), after.end(), expected.begin(), expected.end())) std::abort();
}

}  // namespace

/// Eight bytes of rules, then the images.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(Fact)) return 0;
  std::vector<ImageFile> images;
  for (std::size_t at = sizeof(Fact); at + sizeof(Fact) <= size && images.size() < 400;
       at += sizeof(Fact)) {
    Fact fact{};
    std::memcpy(&fact, data + at, sizeof(fact));
    images.push_back(image_of(fact, images.size()));
  }
  const Arrangement arrangement = arrange(images);
  check(images, arrangement);

  const KeepRules rules{.last = data[0], .since_ns = data[1], .every_ns = data[2]};
  const PrunePlan plan = plan_prune(images, arrangement, rules);
  prune(images, plan);

  if (images.empty()) return 0;
  const Info& newest = images[data[3] % images.size()].info;
  std::set<std::size_t> gone;
  for (const std::size_t n : expired(images, arrangement, newest, data[4]))
    if (!gone.insert(n).second || images[n].info.id == newest.id ||
        images[n].info.pid != newest.pid)
      std::abort();
  return 0;
}
