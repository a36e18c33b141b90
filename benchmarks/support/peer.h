// SPDX-License-Identifier: GPL-2.0-or-later
// A way to save the memory of a process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/target.h"

namespace bench {

struct Saved {
  std::uint64_t stall_ns = 0;  ///< the process, or all of it that faults, waited
  std::uint64_t total_ns = 0;  ///< until the file was complete and synced
  std::uint64_t bytes = 0;
};

/// What a peer is called in results.
struct PeerTraits {
  std::string name;
  bool ours = false;
  bool stops = false;   ///< the process stands still while it is copied
  bool tracks = false;  ///< saves only what changed since
  bool slow = false;    ///< starts programs: only where that does not take most of the time
};

/// Every function throws checkpoint::Error.
class Peer {
 public:
  explicit Peer(PeerTraits traits) : traits_(std::move(traits)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  [[nodiscard]] const PeerTraits& traits() const { return traits_; }

  /// Why it cannot be used here; empty: it can.
  [[nodiscard]] virtual std::string missing() const { return {}; }

  /// @path must not exist: a file, of some peers a directory.
  virtual Saved full(Target& target, const std::string& path) = 0;

  /// Has the next inc() save what changes from now on.  Not measured.
  virtual void baseline(Target& target, const std::string& path) {
    static_cast<void>(target), static_cast<void>(path);
  }

  /// What changed since the last inc() or baseline(); of those that cannot
  /// tell: all.  Behind it the next inc() can follow.
  virtual Saved inc(Target& target, const std::string& path) { return full(target, path); }

  /// Leaves the target as though it had never been there.
  virtual void forget(Target& target) { static_cast<void>(target); }

 private:
  PeerTraits traits_;
};

using Peers = std::vector<std::unique_ptr<Peer>>;

/// /proc/PID/checkpoint, and then all others, each a file of peers/.
Peers all_peers();

std::unique_ptr<Peer> make_checkpoint();
std::unique_ptr<Peer> make_stop_soft_dirty();
std::unique_ptr<Peer> make_stop_page_scan();
std::unique_ptr<Peer> make_userfault();
std::unique_ptr<Peer> make_fork_save();
std::unique_ptr<Peer> make_criu_dump();
std::unique_ptr<Peer> make_criu_pre_dump();
std::unique_ptr<Peer> make_gcore();

/// Removes a file or directory that a peer made, if it is there.
void remove_saved(const std::string& path);
/// The bytes in it.
std::uint64_t saved_bytes(const std::string& path);

}  // namespace bench
