// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/stopped_process.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

using std::chrono::milliseconds;

/// For threads that were seized when it went wrong to arrive at their stop.
constexpr milliseconds kLastWait{500};

}  // namespace

StoppedProcess::StoppedProcess(const Process& process, const HeldSignals& signals,
                               milliseconds patience)
    : process_(process) {
  const auto deadline = Clock::now() + patience;
  try {
    // A thread that is not stopped yet may start others.
    while (seize_new(signals)) wait_for_all(signals, deadline);
    if (threads_.empty())
      throw Error(Error::Kind::failed, process_.name(), "ended while it was being stopped");
  } catch (...) {
    let_go();
    throw;
  }
}

StoppedProcess::~StoppedProcess() {
  let_go();
}

std::vector<pid_t> StoppedProcess::threads() const {
  std::vector<pid_t> all;
  for (const auto& [tid, thread] : threads_) all.push_back(tid);
  return all;
}

/// False: there was none.
bool StoppedProcess::seize_new(const HeldSignals& signals) {
  bool found = false;
  for (const pid_t tid : process_.threads())
    if (!threads_.contains(tid) && seize(tid, signals)) found = true;
  return found;
}

/// True: look once more whether there are others.
bool StoppedProcess::seize(pid_t tid, const HeldSignals& signals) {
  signals.check();
  // It waits for a thread that is in execve(), which may wait for one that is seized already:
  // what ends this program then lets all go on, and nothing has been written.
  const auto outcome =
      signals.let_through([tid] { return ::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr); });
  if (outcome.result != 0) {
    const int error = outcome.error;
    const auto thread = process_.thread(tid);
    // A first thread that has ended stays listed.  Any other one is gone, and
    // the listing may have ended with it: there may be more behind.
    if (thread && thread->state == 'Z') return false;
    if (error == ESRCH || !thread || thread->state == 'X') return true;
    if (thread->tracer == ::getpid()) {
      // Another one that was seized has executed a program, and has this number now.
      threads_[tid];
      return true;
    }
    if (thread->tracer != 0)
      throw Error(Error::Kind::failed, process_.name(),
                  str("cannot be stopped: process ", thread->tracer, " traces its thread ", tid,
                      " already"))
          .hint("a debugger or strace, which has to detach first");
    throw system_failure(process_.name(), str("stop its thread ", tid), error)
        .hint(
            "it takes the right to ptrace the process: its user, or root; see "
            "/proc/sys/kernel/yama/ptrace_scope");
  }
  threads_[tid];
  // Fails only when the thread has ended, which waiting tells.
  ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  return true;
}

void StoppedProcess::wait_for_all(const HeldSignals& signals, Clock::time_point deadline) {
  milliseconds pause{0};
  signals.check();
  while (!all_stopped()) {
    signals.check();
    if (Clock::now() > deadline) {
      const auto busy = std::find_if(threads_.begin(), threads_.end(),
                                     [](const auto& entry) { return !entry.second.stopped; });
      const auto thread = process_.thread(busy->first);
      throw Error(Error::Kind::failed, process_.name(),
                  str("its thread ", busy->first, " does not stop"))
          .found(str("state ", thread ? thread->state : '?'))
          .hint("it waits in the kernel where nothing interrupts it, for a disc or for vfork()");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause + milliseconds(1), milliseconds(20));
  }
}

/// Takes note of those that have stopped or ended.
bool StoppedProcess::all_stopped() {
  bool all = true;
  for (auto entry = threads_.begin(); entry != threads_.end();) {
    auto& [tid, thread] = *entry;
    if (!thread.stopped && !look_at(tid, thread)) {
      entry = threads_.erase(entry);
      continue;
    }
    all = all && thread.stopped;
    ++entry;
  }
  return all;
}

/// False: it has ended.
bool StoppedProcess::look_at(pid_t tid, Thread& thread) const {
  // A stop that nobody has taken note of goes on with its signal if this program is killed.
  constexpr int kLook = WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL;
  siginfo_t found{};
  if (::waitid(P_PID, static_cast<id_t>(tid), &found, kLook) != 0) return errno != ECHILD;
  if (found.si_pid == tid && found.si_code == CLD_TRAPPED) {
    thread.stopped = true;
    // PTRACE_EVENT_STOP: ours, or a stop by job control, which lasts.
    // Anything else is a signal on its way.
    if (found.si_status >> 8 == 0) thread.signal = found.si_status;
    return true;
  }
  if (found.si_pid == tid) {
    ::waitpid(tid, nullptr, __WALL | WNOHANG);
    return false;
  }
  // A first thread that ends is not told of while there are others.
  if (tid != static_cast<pid_t>(process_.pid())) return true;
  const auto first = process_.thread(tid);
  return !first || first->state != 'Z';
}

void StoppedProcess::let_go() noexcept {
  // Only a thread that has stopped can be let go; one that never does is let
  // go by the kernel when this thread ends.
  const auto deadline = Clock::now() + kLastWait;
  while (!all_stopped() && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(1));
  for (const auto& [tid, thread] : threads_)
    if (thread.stopped) ::ptrace(PTRACE_DETACH, tid, nullptr, thread.signal);
  threads_.clear();
}

}  // namespace checkpoint
