// SPDX-License-Identifier: GPL-2.0-or-later
// Question 5: how long does it take to get all of the memory into a file, with
// fsync(), against write() of it by the process itself, and memcpy()?
#include "support/new_file.h"
#include "support/peer_rounds.h"

namespace {

using namespace bench;

Contender plain(const std::string& name, Target& target, const Settings& settings,
                std::size_t piece) {
  return {name, [&target, &settings, piece] {
            remove_saved(settings.path());
            target.ask(Op::touch);
            const auto time = target.ask(Op::write_out, piece, 0, 0, settings.path()).values[0];
            remove_saved(settings.path());
            return Values{{"total", "ns", static_cast<double>(time)}};
          }};
}

void measure(const Settings& settings, Results& results, Target& target,
             const std::string& medium) {
  const Peers peers = all_peers();
  const Case with = {{"mib", std::to_string(target.bytes() / kMiB)}, {"on", medium}};
  std::vector<Contender> contenders;
  for (Peer* peer : usable(peers, {.slow = false}, results, with))
    contenders.push_back({peer->traits().name,
                          [&, peer] {
                            remove_saved(settings.path());
                            target.ask(Op::touch);
                            const Saved saved = peer->full(target, settings.path());
                            remove_saved(settings.path());
                            return Values{{"total", "ns", static_cast<double>(saved.total_ns)}};
                          },
                          peer->traits().ours});
  contenders.push_back(plain("write(), all at once", target, settings, target.bytes()));
  contenders.push_back(plain("write(), 1 MiB", target, settings, kMiB));
  contenders.push_back(plain("write(), 256 KiB", target, settings, kPiece));
  contenders.push_back({"memcpy()", [&] {
                          const auto time = target.ask(Op::copy).values[0];
                          return Values{{"total", "ns", static_cast<double>(time)}};
                        }});
  rounds(settings, results, with, contenders);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "write_out_speed", [](const Settings& settings, Results& results) {
    Target target({.bytes = settings.pick(4U, 128U, 512U) * kMiB});
    measure(settings, results, target, "tmpfs");
    if (settings.disk.empty()) {
      results.skip({{"on", "ext4"}}, "checkpoint", "there is no disk");
      return;
    }
    Settings on_disk = settings;
    on_disk.dir = settings.disk;
    measure(on_disk, results, target, "ext4");
  });
}
