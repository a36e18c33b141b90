// SPDX-License-Identifier: GPL-2.0-or-later
// Question 3: how large is what is saved, by how much of the memory was changed?
// Of a process that has nearly nothing else, for those that save all of it.
#include "support/peer_rounds.h"

namespace {

using namespace bench;

void measure(const Settings& settings, Results& results, Target& target, const char* percent,
             double share, Pattern pattern) {
  const Peers peers = all_peers();
  const Case with = {{"mib", std::to_string(target.bytes() / kMiB)},
                     {"percent", percent},
                     {"pattern", pattern == Pattern::scattered ? "scattered" : "clustered"}};
  const bool slow = settings.profile == Profile::full || (settings.slow() && share == 0.01);
  // How many pages "1%" is differs a little from round to round.
  for (Peer* peer : usable(peers, {.slow = slow, .tracking = true}, results, with)) {
    const std::string& name = peer->traits().name;
    Samples sizes, dirty;
    try {
      peer->baseline(target, settings.path());
      for (unsigned round = 0; round < settings.repeats(); ++round) {
        dirty.add(target.dirty(share, pattern) * std::uint64_t{4096});
        sizes.add(peer->inc(target, settings.path()).bytes);
        remove_saved(settings.path());
      }
      peer->forget(target);
    } catch (const std::exception& error) {
      if (peer->traits().ours) throw;
      results.skip(with, name, error.what());
      continue;
    }
    results.add(with, name, "size", "bytes", sizes);
    results.add(with, name, "changed", "bytes", dirty);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "image_size", [](const Settings& settings, Results& results) {
    Target target({.bytes = settings.pick(4U, 64U, 256U) * kMiB});
    measure(settings, results, target, "0", 0, Pattern::scattered);
    measure(settings, results, target, "1", 0.01, Pattern::scattered);
    measure(settings, results, target, "1", 0.01, Pattern::clustered);
    measure(settings, results, target, "10", 0.1, Pattern::scattered);
    measure(settings, results, target, "100", 1, Pattern::scattered);
  });
}
