// SPDX-License-Identifier: GPL-2.0-or-later
// Question 4, second half: what does the first write to a page cost, behind a
// checkpoint and behind what others do?
#include "support/held_capture.h"
#include "support/peer_rounds.h"

namespace {

using namespace bench;

/// Does something with the target that makes the next write to each page dearer.
/// What it returns lives until the pages are written.
using Before = std::function<std::shared_ptr<void>(Target&)>;

/// On a target of its own: huge pages do not stay huge.
Contender behind(const std::string& name, const Shape& shape, Before before, bool ours = false) {
  return {name,
          [shape, before = std::move(before)] {
            Target target(shape);
            const auto lives = before(target);
            const std::size_t pages = target.bytes() / 4096;
            const auto time = target.ask(Op::first_writes, 0, pages).values[0];
            return Values{
                {"time a page", "ns/page", static_cast<double>(time) / static_cast<double>(pages)}};
          },
          ours};
}

Before baseline(std::unique_ptr<Peer> (*make)(), const Settings& settings) {
  return [make, &settings](Target& target) {
    make()->baseline(target, settings.path());
    return nullptr;
  };
}

void measure(const Settings& settings, Results& results, bool huge) {
  const Shape shape{.bytes = settings.pick(4U, 64U, 256U) * kMiB, .huge = huge};
  const Before nothing = [](Target&) { return nullptr; };
  const Before capture = [&](Target& target) {
    auto held = std::make_shared<HeldCapture>(target, settings.path());
    held->start();
    return held;
  };
  const Before fork = [](Target& target) {
    target.ask(Op::fork_hold);
    return nullptr;
  };
  rounds(settings, results, {{"pages", huge ? "huge" : "4K"}},
         {behind("no checkpoint", shape, nothing, true),
          behind("checkpoint, image complete", shape, baseline(make_checkpoint, settings), true),
          behind("checkpoint, image not written yet", shape, capture, true),
          behind("clear_refs", shape, baseline(make_stop_soft_dirty, settings)),
          behind("userfaultfd", shape, baseline(make_userfault, settings)),
          behind("fork, child lives", shape, fork)});
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "first_write", [](const Settings& settings, Results& results) {
    measure(settings, results, false);
    measure(settings, results, true);
  });
}
