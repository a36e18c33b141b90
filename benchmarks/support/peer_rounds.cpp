// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/peer_rounds.h"

namespace bench {
namespace {

Values values_of(const Saved& saved) {
  return {{"stall", "ns", static_cast<double>(saved.stall_ns)},
          {"total", "ns", static_cast<double>(saved.total_ns)},
          {"size", "bytes", static_cast<double>(saved.bytes)}};
}

}  // namespace

std::vector<Peer*> usable(const Peers& peers, Among among, Results& results, const Case& with) {
  std::vector<Peer*> out;
  for (const auto& peer : peers) {
    const PeerTraits& traits = peer->traits();
    if (traits.slow && !among.slow) continue;
    if (among.tracking && !traits.tracks && traits.slow) continue;
    if (const std::string reason = peer->missing(); !reason.empty())
      results.skip(with, traits.name, reason);
    else
      out.push_back(peer.get());
  }
  return out;
}

void full_rounds(const Settings& settings, Results& results, const Case& with,
                 const std::vector<Peer*>& peers, Target& target) {
  std::vector<Contender> contenders;
  for (Peer* peer : peers)
    contenders.push_back({peer->traits().name,
                          [&target, &settings, peer] {
                            remove_saved(settings.path());
                            target.ask(Op::touch);
                            const Saved saved = peer->full(target, settings.path());
                            remove_saved(settings.path());
                            return values_of(saved);
                          },
                          peer->traits().ours});
  rounds(settings, results, with, contenders);
  remove_saved(settings.path());
}

void inc_rounds(const Settings& settings, Results& results, const Case& with,
                const std::vector<Peer*>& peers, Target& target,
                const std::function<void()>& change) {
  std::vector<Contender> contenders;
  for (Peer* peer : peers)
    contenders.push_back({peer->traits().name,
                          [&target, &settings, &change, peer] {
                            remove_saved(settings.path());
                            peer->baseline(target, settings.path());
                            change();
                            const Saved saved = peer->inc(target, settings.path());
                            peer->forget(target);
                            remove_saved(settings.path());
                            return values_of(saved);
                          },
                          peer->traits().ours});
  rounds(settings, results, with, contenders);
  remove_saved(settings.path());
}

}  // namespace bench
