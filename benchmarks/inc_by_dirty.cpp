// SPDX-License-Identifier: GPL-2.0-or-later
// Question 2: for how long does a process wait while what it changed is saved,
// and how long does that take in all, by how much of its memory it changed, and
// where?
#include "support/peer_rounds.h"

namespace {

using namespace bench;

struct Change {
  const char* percent;
  double share;
  Pattern pattern;
  bool quick;  ///< also there
};

constexpr Change kChanges[] = {
    {"0.1", 0.001, Pattern::scattered, true}, {"1", 0.01, Pattern::scattered, true},
    {"10", 0.1, Pattern::scattered, true},    {"50", 0.5, Pattern::scattered, false},
    {"100", 1, Pattern::scattered, true},     {"1", 0.01, Pattern::clustered, true},
    {"10", 0.1, Pattern::clustered, false},   {"1", 0.01, Pattern::strided, true},
    {"10", 0.1, Pattern::strided, false},
};

constexpr const char* kPatterns[] = {"scattered", "clustered", "strided"};

void measure(const Settings& settings, Results& results, Target& target, const Change& change) {
  const Peers peers = all_peers();
  const Case with = {{"mib", std::to_string(target.bytes() / kMiB)},
                     {"percent", change.percent},
                     {"pattern", kPatterns[static_cast<std::size_t>(change.pattern)]}};
  const bool slow = settings.slow() && change.share == 0.01 && change.pattern == Pattern::scattered;
  inc_rounds(settings, results, with,
             usable(peers, {.slow = slow, .tracking = true}, results, with), target,
             [&] { target.dirty(change.share, change.pattern); });
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "inc_by_dirty", [](const Settings& settings, Results& results) {
    Target target({.bytes = settings.pick(4U, 256U, 512U) * kMiB});
    for (const Change& change : kChanges)
      if (change.quick || settings.profile == Profile::full)
        measure(settings, results, target, change);
  });
}
