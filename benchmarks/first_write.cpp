// SPDX-License-Identifier: GPL-2.0-or-later
// Question 4, second half: what does the first write to a page cost, behind a
// checkpoint and behind what others do?
#include "support/held_capture.h"
#include "support/peer_rounds.h"

namespace {

using namespace bench;

Values writes(const Target& target) {
  const std::size_t pages = target.bytes() / 4096;
  const auto time = target.ask(Op::first_writes, 0, pages).values[0];
  return {{"time a page", "ns/page", static_cast<double>(time) / static_cast<double>(pages)}};
}

/// After a peer's baseline.
Contender after(const char* name, Peer& peer, Target& target, const Settings& settings) {
  return {name,
          [&peer, &target, &settings] {
            peer.baseline(target, settings.path());
            Values values = writes(target);
            peer.forget(target);
            return values;
          },
          peer.traits().ours};
}

void measure(const Settings& settings, Results& results, bool huge) {
  const auto checkpoint = make_checkpoint(), soft_dirty = make_stop_soft_dirty(),
             userfault = make_userfault();
  Target target({.bytes = settings.pick(4U, 64U, 256U) * kMiB, .huge = huge});
  rounds(settings, results, {{"pages", huge ? "huge" : "4K"}},
         {{"no checkpoint", [&] { return writes(target); }, true},
          after("checkpoint, image complete", *checkpoint, target, settings),
          {"checkpoint, image not written yet",
           [&] {
             HeldCapture capture(target, settings.path());
             capture.start();
             return writes(target);
           },
           true},
          after("clear_refs", *soft_dirty, target, settings),
          after("userfaultfd", *userfault, target, settings),
          {"fork, child lives", [&] {
             target.ask(Op::fork_hold);
             Values values = writes(target);
             target.ask(Op::fork_drop);
             return values;
           }}});
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "first_write", [](const Settings& settings, Results& results) {
    measure(settings, results, false);
    measure(settings, results, true);
  });
}
