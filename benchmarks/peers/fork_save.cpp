// SPDX-License-Identifier: GPL-2.0-or-later
// The program forks, and the child writes: all, each time.
#include "support/new_file.h"
#include "support/peer.h"

namespace bench {
namespace {

class ForkSave : public Peer {
 public:
  ForkSave() : Peer({.name = "fork"}) {}

  Saved full(Target& target, const std::string& path) override {
    const auto reply = target.ask(Op::fork_save, kPiece, 0, 0, path);
    return {.stall_ns = reply.values[0], .total_ns = reply.values[1], .bytes = target.resident()};
  }
};

}  // namespace

std::unique_ptr<Peer> make_fork_save() {
  return std::make_unique<ForkSave>();
}

}  // namespace bench
