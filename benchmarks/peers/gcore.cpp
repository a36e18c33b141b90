// SPDX-License-Identifier: GPL-2.0-or-later
// gcore: gdb attaches, writes a core, detaches.
#include <atomic>
#include <thread>

#include "support/peer.h"
#include "support/program.h"
#include "support/stopwatch.h"

namespace bench {
namespace {

/// For how long a process is stopped by a debugger, to a millisecond.
class StopWatcher {
 public:
  explicit StopWatcher(const Target& target) : target_(target), thread_([this] { watch(); }) {}
  StopWatcher(const StopWatcher&) = delete;
  StopWatcher& operator=(const StopWatcher&) = delete;
  ~StopWatcher() { end(); }

  std::uint64_t end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    return stopped_;
  }

 private:
  void watch() {
    Stopwatch since;
    bool stopped = false;
    while (!ended_) {
      const auto thread = target_.process().thread(target_.pid());
      const bool now = thread && thread->state == 't';
      if (now && !stopped) since = Stopwatch();
      if (now) stopped_ = since.nanoseconds();
      stopped = stopped || now;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const Target& target_;
  std::atomic<bool> ended_ = false;
  std::atomic<std::uint64_t> stopped_ = 0;
  std::thread thread_;
};

class Gcore : public Peer {
 public:
  Gcore() : Peer({.name = "gcore", .stops = true, .slow = true}) {}

  [[nodiscard]] std::string missing() const override {
    return installed("gcore") ? "" : "gcore is not installed";
  }

  Saved full(Target& target, const std::string& path) override {
    const std::string pid = std::to_string(target.pid()), made = path + '.' + pid;
    Saved saved;
    const Stopwatch total;
    StopWatcher watcher(target);
    run_program({"gcore", "-o", path, pid}, path + ".log");
    saved.stall_ns = watcher.end();
    run_program({"sync", made}, path + ".log");
    saved.total_ns = total.nanoseconds();
    saved.bytes = saved_bytes(made);
    remove_saved(made);
    remove_saved(path + ".log");
    return saved;
  }
};

}  // namespace

std::unique_ptr<Peer> make_gcore() {
  return std::make_unique<Gcore>();
}

}  // namespace bench
