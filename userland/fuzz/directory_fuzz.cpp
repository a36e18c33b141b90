// SPDX-License-Identifier: GPL-2.0-or-later
// Any facts about any number of images as a directory: arranged so that each is
// in one chain once, and pruned so that no kept point is lost at any time.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "checkpoint/retention.h"

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
  file.name = (fact.name & 3) == 0 ? "name" + std::to_string(number)
                                   : "1." + std::to_string(100'000 + (fact.name * 1000U) + number);
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

std::size_t broken_chains(const Arrangement& arrangement) {
  const auto& chains = arrangement.chains;
  return static_cast<std::size_t>(std::count_if(
      chains.begin(), chains.end(), [](const auto& chain) { return !chain.fault.empty(); }));
}

/// Ids that can be read back, sorted.
std::vector<Id> readable(const std::vector<ImageFile>& images, const Arrangement& arrangement) {
  std::vector<Id> ids;
  for (const ArrangedChain& chain : arrangement.chains)
    if (chain.fault.empty())
      for (const std::size_t n : chain.images) ids.push_back(images[n].info.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Does as @plan says until @most images have gone, each of them once.  Returns
/// which.
std::vector<bool> carry_out(const PrunePlan& plan, std::size_t most,
                            std::vector<ImageFile>& images) {
  std::vector<bool> gone(images.size());
  for (const PruneStep& step : plan.steps) {
    if (!step.fold.empty()) {
      ImageFile& target = images[step.fold.back()];
      target.info.kind = Kind::full;
      target.info.flags = PROC_CHECKPOINT_INFO_MERGED;
      target.info.parent = Id{};
    }
    for (const std::size_t n : step.remove) {
      if (most-- == 0) return gone;
      if (gone.at(n)) std::abort();
      gone[n] = true;
    }
  }
  return gone;
}

/// When @most images have gone, what is not to go can still be read, nothing
/// breaks, and no point is lost that is new enough.
void check_prune(std::vector<ImageFile> images, const Arrangement& arrangement,
                 const KeepRules& rules, std::size_t most) {
  const PrunePlan plan = plan_prune(images, arrangement, {}, rules);
  if (plan.steps.empty()) return;
  const std::size_t broken = broken_chains(arrangement);
  const std::vector<bool> gone = carry_out(plan, most, images);
  std::vector<ImageFile> left;
  std::vector<Id> gone_ids;
  for (std::size_t n = 0; n < images.size(); ++n) {
    if (gone[n])
      gone_ids.push_back(images[n].info.id);
    else
      left.push_back(images[n]);
  }
  const Arrangement after = arrange(left);
  if (broken_chains(after) > broken) std::abort();

  const std::vector<Id> before_ids = readable(images, arrange(images));
  const std::vector<Id> after_ids = readable(left, after);
  std::sort(gone_ids.begin(), gone_ids.end());
  if (!std::includes(before_ids.begin(), before_ids.end(), gone_ids.begin(), gone_ids.end()))
    std::abort();
  std::vector<Id> expected;
  std::set_difference(before_ids.begin(), before_ids.end(), gone_ids.begin(), gone_ids.end(),
                      std::back_inserter(expected));
  // A lie about an id may be gone, too, and what it was about can be read.
  if (!std::includes(after_ids.begin(), after_ids.end(), expected.begin(), expected.end()))
    std::abort();
  for (std::size_t n = 0; n < images.size(); ++n)
    if (gone[n] && images[n].info.time_ns >= rules.since_ns &&
        !std::binary_search(after_ids.begin(), after_ids.end(), images[n].info.id))
      std::abort();
}

/// Images of @newest's process, each once, and not that one.
void check_expired(const std::vector<ImageFile>& images, const Arrangement& arrangement,
                   const Info& newest, std::size_t keep) {
  std::vector<bool> gone(images.size());
  for (const std::size_t n : expired(images, arrangement, newest, keep)) {
    if (gone.at(n) || images[n].info.id == newest.id || images[n].info.pid != newest.pid)
      std::abort();
    gone[n] = true;
  }
}

}  // namespace

/// Eight bytes of rules, then the images.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(Fact)) return 0;
  std::vector<ImageFile> images;
  for (std::size_t at = sizeof(Fact); at + sizeof(Fact) <= size; at += sizeof(Fact)) {
    Fact fact{};
    std::memcpy(&fact, data + at, sizeof(fact));
    images.push_back(image_of(fact, images.size()));
  }
  const Arrangement arrangement = arrange(images);
  check(images, arrangement);

  const KeepRules rules{.last = data[0], .since_ns = data[1], .every_ns = data[2]};
  const std::size_t most = data[5] == 0 ? SIZE_MAX : data[5] % 16;
  check_prune(images, arrangement, rules, most);
  if (!images.empty())
    check_expired(images, arrangement, images[data[3] % images.size()].info, data[4]);
  return 0;
}
