// SPDX-License-Identifier: GPL-2.0-or-later
// Question 6: how much memory is needed at the most, beside that of the process
// and the file, while a process that sleeps, or writes at random, is saved?
#include "support/held_capture.h"
#include "support/memory_in_use.h"
#include "support/peer_rounds.h"

namespace {

using namespace bench;

void peaks(const Settings& settings, Results& results, bool writes) {
  const Peers peers = all_peers();
  Target target({.bytes = settings.pick(4U, 128U, 256U) * kMiB});
  const Case with = {{"mib", std::to_string(target.bytes() / kMiB)},
                     {"process", writes ? "writes" : "sleeps"}};
  const bool slow = writes ? settings.profile == Profile::full : settings.slow();
  std::vector<Contender> contenders;
  for (Peer* peer : usable(peers, {.slow = slow}, results, with))
    contenders.push_back({peer->traits().name,
                          [&, peer, writes] {
                            remove_saved(settings.path());
                            if (writes) target.ask(Op::start_writer, target.bytes());
                            PeakMemory memory;
                            peer->full(target, settings.path());
                            const auto peak = static_cast<double>(memory.end());
                            if (writes) target.ask(Op::stop_writer);
                            remove_saved(settings.path());
                            return Values{{"peak", "bytes", peak}};
                          },
                          peer->traits().ours});
  rounds(settings, results, with, contenders);
}

/// To the page, with nothing written.  With every second page missing each page
/// is a run of its own, and so is each hole: nothing needs more.
void held(const Settings& settings, Results& results, std::size_t spacing) {
  Target target({.bytes = settings.pick(4U, 256U, 1024U) * kMiB, .spacing = spacing});
  const auto measure = [&] {
    HeldCapture capture(target, settings.path());
    const std::uint64_t before = memory_in_use();
    capture.start();
    const auto more = static_cast<double>(memory_in_use()) - static_cast<double>(before);
    return Values{{"held", "bytes", more},
                  {"captured", "bytes", static_cast<double>(target.resident())}};
  };
  rounds(settings, results, {{"present", spacing == 1 ? "all" : "every second page"}},
         {{"checkpoint", measure, true}});
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "peak_memory", [](const Settings& settings, Results& results) {
    peaks(settings, results, false);
    peaks(settings, results, true);
    held(settings, results, 1);
    held(settings, results, 2);
  });
}
