// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/retention.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "checkpoint/numbered_files.h"

namespace checkpoint {
namespace {

using Group = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t>;

/// One process and range.
Group group_of(const Info& info) {
  return {info.pid, info.start_time_ns, info.start, info.end};
}

/// Images of chains that others fork from.
std::set<std::size_t> fork_points(const Arrangement& arrangement) {
  std::set<std::size_t> points;
  for (const ArrangedChain& chain : arrangement.chains)
    if (chain.forks_from != kNoImage) points.insert(chain.forks_from);
  return points;
}

bool is_forked(const ArrangedChain& chain, const std::set<std::size_t>& points) {
  return chain.forks_from != kNoImage ||
         (!points.empty() && std::any_of(chain.images.begin(), chain.images.end(),
                                         [&](std::size_t n) { return points.contains(n); }));
}

class Planner {
 public:
  Planner(const std::vector<ImageFile>& images, const Arrangement& arrangement,
          const std::vector<BadFile>& bad, const KeepRules& rules)
      : images_(images),
        arrangement_(arrangement),
        bad_(bad),
        rules_(rules),
        forks_(fork_points(arrangement)),
        chain_of_(images.size()),
        kept_(images.size()) {}

  PrunePlan run() {
    std::map<Group, std::vector<std::size_t>> groups;
    for (std::size_t c = 0; c < arrangement_.chains.size(); ++c) {
      for (const std::size_t n : arrangement_.chains[c].images) chain_of_[n] = c;
      groups[group_of(root_info(c))].push_back(c);
    }
    for (const auto& [group, chains] : groups) plan_group(chains);
    std::sort(plan_.left_alone.begin(), plan_.left_alone.end(),
              [](const LeftAlone& a, const LeftAlone& b) { return a.chain < b.chain; });
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const ArrangedChain& chain(std::size_t c) const { return arrangement_.chains[c]; }
  [[nodiscard]] const Info& root_info(std::size_t c) const {
    return images_[chain(c).images.front()].info;
  }

  void plan_group(const std::vector<std::size_t>& chains) {
    // The missing part of a broken chain may build on any of the others.
    if (std::any_of(chains.begin(), chains.end(),
                    [this](std::size_t c) { return !chain(c).fault.empty(); })) {
      for (const std::size_t c : chains)
        leave(c, chain(c).fault.empty() ? Why::beside_a_broken_one : Why::broken);
      return;
    }
    if (has_bad_file(root_info(chains.front()).pid)) {
      for (const std::size_t c : chains) leave(c, Why::beside_a_bad_file);
      return;
    }
    choose(chains);
    for (const std::size_t c : chains) {
      if (is_forked(chain(c), forks_))
        leave(c, Why::forked);
      else
        plan_chain(chain(c).images);
    }
  }

  /// One that may be an image of the process: its name says so, or nothing of whom it is.
  [[nodiscard]] bool has_bad_file(std::uint64_t pid) const {
    return std::any_of(bad_.begin(), bad_.end(), [pid](const BadFile& file) {
      const auto numbered = parse_numbered_name(file.name);
      return !numbered || numbered->pid == pid;
    });
  }

  using Why = LeftAlone::Why;
  void leave(std::size_t c, Why why) { plan_.left_alone.push_back({.chain = c, .why = why}); }

  /// Another image of the group stands for this one.
  [[nodiscard]] bool is_copy(std::size_t n) const {
    const std::size_t other = arrangement_.same_as[n];
    return other != kNoImage &&
           group_of(root_info(chain_of_[other])) == group_of(root_info(chain_of_[n]));
  }

  /// Sets kept_ for the images of @chains.
  void choose(const std::vector<std::size_t>& chains) {
    std::vector<std::size_t> points;
    for (const std::size_t c : chains)
      for (const std::size_t n : chain(c).images)
        if (!is_copy(n)) points.push_back(n);
    if (points.empty()) return;
    std::stable_sort(points.begin(), points.end(), [this](std::size_t a, std::size_t b) {
      return images_[a].info.time_ns < images_[b].info.time_ns;
    });
    std::vector<std::uint64_t> times;
    times.reserve(points.size());
    for (const std::size_t n : points) times.push_back(images_[n].info.time_ns);
    const std::vector<bool> kept = kept_points(times, rules_);
    for (std::size_t n = 0; n < points.size(); ++n) kept_[points[n]] = kept[n];
    kept_[points.back()] = true;
    keep_highest_number(points);
  }

  /// The newest image once more, should the clock have been set back.
  void keep_highest_number(const std::vector<std::size_t>& points) {
    std::size_t highest = kNoImage;
    std::uint64_t number = 0;
    for (const std::size_t n : points) {
      const auto name = parse_numbered_name(images_[n].name);
      if (!name || (highest != kNoImage && name->number < number)) continue;
      highest = n;
      number = name->number;
    }
    if (highest != kNoImage) kept_[highest] = true;
  }

  void plan_chain(const std::vector<std::size_t>& chain) {
    std::size_t first = chain.size();
    std::size_t last = 0;
    for (std::size_t n = 0; n < chain.size(); ++n) {
      if (!kept_[chain[n]]) continue;
      first = std::min(first, n);
      last = n;
    }
    const bool none = first == chain.size();
    PruneStep step;
    if (!none && first > 0)
      step.fold.assign(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(first) + 1);
    for (std::size_t n = chain.size(); n-- > (none ? 0 : last + 1);)
      step.remove.push_back(chain[n]);
    for (std::size_t n = none ? 0 : first; n-- > 0;) step.remove.push_back(chain[n]);
    plan_.kept += none ? 0 : last - first + 1;
    if (!step.remove.empty()) plan_.steps.push_back(std::move(step));
  }

  const std::vector<ImageFile>& images_;
  const Arrangement& arrangement_;
  const std::vector<BadFile>& bad_;
  const KeepRules& rules_;
  std::set<std::size_t> forks_;
  std::vector<std::size_t> chain_of_;
  std::vector<bool> kept_;
  PrunePlan plan_;
};

}  // namespace

std::vector<bool> kept_points(const std::vector<std::uint64_t>& times, const KeepRules& rules) {
  std::vector<bool> kept(times.size());
  for (std::size_t n = 0; n < times.size(); ++n) {
    const bool ends_period =
        rules.every_ns != 0 &&
        (n + 1 == times.size() || times[n + 1] / rules.every_ns != times[n] / rules.every_ns);
    kept[n] = times.size() - n <= rules.last || times[n] >= rules.since_ns || ends_period;
  }
  return kept;
}

PrunePlan plan_prune(const std::vector<ImageFile>& images, const Arrangement& arrangement,
                     const std::vector<BadFile>& bad, const KeepRules& rules) {
  return Planner(images, arrangement, bad, rules).run();
}

std::vector<std::size_t> expired(const std::vector<ImageFile>& images,
                                 const Arrangement& arrangement, const Info& newest,
                                 std::size_t keep) {
  const std::set<std::size_t> forks = fork_points(arrangement);
  // By the number of the first image: clocks may be set back.
  std::vector<std::pair<std::uint64_t, const ArrangedChain*>> others;
  for (const ArrangedChain& chain : arrangement.chains) {
    const auto all = [&](auto check) {
      return std::all_of(chain.images.begin(), chain.images.end(), check);
    };
    if (!chain.fault.empty() || is_forked(chain, forks)) continue;
    if (!all([&](std::size_t n) {
          const auto name = parse_numbered_name(images[n].name);
          return name && name->pid == newest.pid && images[n].info.id != newest.id &&
                 group_of(images[n].info) == group_of(newest);
        }))
      continue;
    others.emplace_back(parse_numbered_name(images[chain.images.front()].name)->number, &chain);
  }
  std::sort(others.begin(), others.end());
  std::vector<std::size_t> gone;
  const std::size_t kept = keep > 0 ? keep - 1 : 0;
  for (std::size_t n = 0; n + kept < others.size(); ++n)
    gone.insert(gone.end(), others[n].second->images.rbegin(), others[n].second->images.rend());
  return gone;
}

}  // namespace checkpoint
