// SPDX-License-Identifier: GPL-2.0-or-later
// A process whose threads all stand still.
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "checkpoint/held_signals.h"
#include "checkpoint/process.h"

namespace checkpoint {

/// Stops every thread by ptrace, which neither the process nor its parent sees,
/// but that a system call that waits may end with EINTR, as when a debugger
/// attaches.  Signals that come meanwhile are delivered afterwards; a process
/// that job control had stopped stays stopped.
///
/// All of it belongs to the thread that made the object.  If that thread ends,
/// the kernel lets the process go.
class StoppedProcess {
 public:
  /// Throws Error, with nothing stopped: when somebody else traces a thread,
  /// when one does not stop within @patience, or when a signal of @signals
  /// comes.
  StoppedProcess(const Process& process, const HeldSignals& signals,
                 std::chrono::milliseconds patience = std::chrono::seconds(10));
  /// Lets all go on.
  ~StoppedProcess();
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;

  [[nodiscard]] std::vector<pid_t> threads() const;

 private:
  struct Thread {
    bool stopped = false;
    int signal = 0;  ///< was about to be delivered
  };
  using Clock = std::chrono::steady_clock;

  bool seize_new(const HeldSignals& signals);
  bool seize(pid_t tid, const HeldSignals& signals);
  void wait_for_all(const HeldSignals& signals, Clock::time_point deadline);
  bool all_stopped();
  bool look_at(pid_t tid, Thread& thread) const;
  void let_go() noexcept;

  const Process& process_;
  std::map<pid_t, Thread> threads_;
};

}  // namespace checkpoint
