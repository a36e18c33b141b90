// SPDX-License-Identifier: GPL-2.0-or-later
// Question 1: for how long does a process wait while all of its memory is
// saved, by how much memory it has, in small and in huge pages?
#include "support/peer_rounds.h"

namespace {

using namespace bench;

// Programs that are started take most of the time where there is little to save.
constexpr std::size_t kSlowFrom = 1024;

void measure(const Settings& settings, Results& results, std::size_t mib, bool huge) {
  const Peers peers = all_peers();
  const Case with = {{"mib", std::to_string(mib)}, {"pages", huge ? "huge" : "4K"}};
  const bool slow = !huge && (settings.profile == Profile::smoke || mib == kSlowFrom);
  Target target({.bytes = mib * kMiB, .huge = huge});
  full_rounds(settings, results, with, usable(peers, {.slow = slow}, results, with), target);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "stall_by_size", [](const Settings& settings, Results& results) {
    using Sizes = std::vector<std::size_t>;
    for (const std::size_t mib :
         settings.pick<Sizes>({4}, {64, 256, 1024}, {64, 256, 1024, 4096})) {
      measure(settings, results, mib, false);
      if (settings.profile == Profile::quick && mib != 256) continue;
      measure(settings, results, mib, true);
    }
  });
}
