// SPDX-License-Identifier: GPL-2.0-or-later
// Question 4, first half: what does a thread feel that writes at random, while
// its process is saved once a second, or as often as that can be done?
#include <chrono>
#include <thread>

#include "support/peer_rounds.h"
#include "support/stopwatch.h"

namespace {

using namespace bench;
using std::chrono::steady_clock;

struct Load {
  std::size_t bytes;  ///< that are written to
  std::chrono::milliseconds every, lasts;
};

Values felt(Target& target, const Load& load, const std::function<void()>& checkpoint) {
  std::uint64_t saving = 0;
  target.ask(Op::start_writer, load.bytes);
  const auto began = steady_clock::now();
  unsigned saves = 0;
  for (auto next = began + load.every; next <= began + load.lasts;
       next = std::max(next + load.every, steady_clock::now())) {
    std::this_thread::sleep_until(next);
    const Stopwatch stopwatch;
    checkpoint();
    saving += stopwatch.nanoseconds();
    ++saves;
  }
  std::this_thread::sleep_until(began + load.lasts + load.every / 2);
  const auto values = target.ask(Op::stop_writer).values;
  const auto number = [&](std::size_t n) { return static_cast<double>(values.at(n)); };
  return {{"writes a second", "1/s", number(0) / number(1) * 1e9},
          {"p50", "ns", number(2)},
          {"p99", "ns", number(3)},
          {"p99.9", "ns", number(4)},
          {"max", "ns", number(5)},
          {"saving", "ns", static_cast<double>(saving) / saves},
          {"checkpoints", "checkpoints", static_cast<double>(saves)}};
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "felt_latency", [](const Settings& settings, Results& results) {
    const Peers peers = all_peers();
    const Load load{.bytes = settings.pick(1U, 64U, 64U) * kMiB,
                    .every = std::chrono::milliseconds(settings.pick(50, 1000, 1000)),
                    .lasts = std::chrono::milliseconds(settings.pick(50, 2000, 6000))};
    Target target({.bytes = settings.pick(4U, 256U, 256U) * kMiB});
    const Case with = {{"mib", std::to_string(target.bytes() / kMiB)},
                       {"written mib", std::to_string(load.bytes / kMiB)}};
    std::vector<Contender> contenders = {{"none", [&] { return felt(target, load, [] {}); }, true}};
    for (Peer* peer : usable(peers, {.slow = settings.slow()}, results, with)) {
      contenders.push_back({peer->traits().name,
                            [&, peer] {
                              peer->baseline(target, settings.path());
                              const Values values = felt(target, load, [&] {
                                peer->inc(target, settings.path());
                                remove_saved(settings.path());
                              });
                              peer->forget(target);
                              return values;
                            },
                            peer->traits().ours});
    }
    rounds(settings, results, with, contenders);
  });
}
