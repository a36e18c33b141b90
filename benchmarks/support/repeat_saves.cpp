// SPDX-License-Identifier: GPL-2.0-or-later
// repeat_saves PEER full|inc MIB huge|4K PERCENT TIMES: has a peer save the
// target so often, for somebody who looks on, as `profile` does.  Of an inc so
// much of the memory is changed before each.
#include <cstdlib>
#include <iostream>

#include "checkpoint/text.h"
#include "support/peer.h"
#include "support/settings.h"

namespace {

using namespace bench;

std::unique_ptr<Peer> find(const std::string& name) {
  for (auto& peer : all_peers())
    if (peer->traits().name == name) return std::move(peer);
  std::cerr << "repeat_saves: no peer is called " << name << '\n';
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 7) return 2;
  const auto peer = find(argv[1]);
  const bool inc = std::string(argv[2]) == "inc";
  Target target({.bytes = std::stoul(argv[3]) * kMiB, .huge = std::string(argv[4]) == "huge"});
  const double share = std::stod(argv[5]) / 100;
  const std::string path = "/tmp/saved";
  if (inc) peer->baseline(target, path);
  for (unsigned n = 0; n < std::stoul(argv[6]); ++n) {
    if (inc) target.dirty(share);
    const Saved saved = inc ? peer->inc(target, path) : peer->full(target, path);
    remove_saved(path);
    std::cerr << "stall " << checkpoint::duration_text(saved.stall_ns) << ", total "
              << checkpoint::duration_text(saved.total_ns) << '\n';
  }
} catch (const std::exception& error) {
  std::cerr << "repeat_saves: " << error.what() << '\n';
  return 1;
}
