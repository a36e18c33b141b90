// SPDX-License-Identifier: GPL-2.0-or-later
// Question 1: for how long does a process wait while all of its memory is
// saved, by how much memory it has, in small and in huge pages?
#include "support/peer_rounds.h"

namespace {

using namespace bench;

// To copy so much takes minutes: only what is to be seen of the largest.
constexpr std::size_t kLarge = 4096;

Peers peers_for(std::size_t mib, bool huge) {
  if (mib < kLarge) return all_peers();
  Peers peers;
  peers.push_back(make_checkpoint());
  if (!huge) peers.push_back(make_stop_page_scan());
  peers.push_back(make_fork_save());
  return peers;
}

void measure(const Settings& settings, Results& results, std::size_t mib, bool huge) {
  const Peers peers = peers_for(mib, huge);
  const Case with = {{"mib", std::to_string(mib)}, {"pages", huge ? "huge" : "4K"}};
  // Programs that are started take most of the time where there is little to save.
  const bool slow = !huge && mib == settings.pick(4U, 256U, 1024U);
  Target target({.bytes = mib * kMiB, .huge = huge});
  full_rounds(settings, results, with, usable(peers, {.slow = slow}, results, with), target);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "stall_by_size", [](const Settings& settings, Results& results) {
    using Sizes = std::vector<std::size_t>;
    for (const std::size_t mib :
         settings.pick<Sizes>({4}, {64, 256, 512}, {64, 256, 1024, kLarge})) {
      measure(settings, results, mib, false);
      if (settings.profile == Profile::quick && mib != 256) continue;
      measure(settings, results, mib, true);
    }
  });
}
