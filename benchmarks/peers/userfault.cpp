// SPDX-License-Identifier: GPL-2.0-or-later
// The program saves itself, see target/userfault.h.
#include "support/new_file.h"
#include "support/peer.h"

namespace bench {
namespace {

class Userfault : public Peer {
 public:
  Userfault() : Peer({.name = "userfaultfd", .stops = true, .tracks = true}) {}

  /// Without protection: the same as any write().
  Saved full(Target& target, const std::string& path) override {
    const auto reply = target.ask(Op::write_out, kPiece, 0, 0, path);
    return {.stall_ns = reply.values[0], .total_ns = reply.values[0], .bytes = target.resident()};
  }

  void baseline(Target& target, const std::string& path) override {
    static_cast<void>(path);
    target.ask(Op::protect);
  }

  Saved inc(Target& target, const std::string& path) override {
    const auto reply = target.ask(Op::scan_save, 0, 0, 0, path);
    return {.stall_ns = reply.values[0], .total_ns = reply.values[1], .bytes = reply.values[2]};
  }

  void forget(Target& target) override { target.ask(Op::unprotect); }
};

}  // namespace

std::unique_ptr<Peer> make_userfault() {
  return std::make_unique<Userfault>();
}

}  // namespace bench
