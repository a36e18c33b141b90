// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/PID/checkpoint.
#include "checkpoint/command.h"
#include "support/peer.h"

namespace bench {
namespace {

using checkpoint::Kind;

class Checkpoint : public Peer {
 public:
  Checkpoint() : Peer({.name = "checkpoint", .ours = true, .tracks = true}) {}

  Saved full(Target& target, const std::string& path) override {
    return save(target, Kind::full, path);
  }

  void baseline(Target& target, const std::string& path) override {
    static_cast<void>(path);
    save(target, Kind::full, "/dev/null");
  }

  Saved inc(Target& target, const std::string& path) override {
    return save(target, Kind::inc, path);
  }

  void forget(Target& target) override {
    static_cast<void>(target.process().send(checkpoint::forget_text()));
  }

 private:
  static Saved save(const Target& target, Kind kind, const std::string& path) {
    const auto pid = static_cast<std::uint64_t>(target.pid());
    const checkpoint::SaveCommand command{
        .kind = kind, .start = target.start(), .end = target.end() - 1, .path = path};
    if (const int error = target.process().send(command.text()); error != 0)
      throw command.failure(error, pid);
    const auto last = target.process().status().last.value();
    return {.stall_ns = last.stall_ns, .total_ns = last.total_ns, .bytes = last.bytes};
  }
};

}  // namespace

std::unique_ptr<Peer> make_checkpoint() {
  return std::make_unique<Checkpoint>();
}

}  // namespace bench
