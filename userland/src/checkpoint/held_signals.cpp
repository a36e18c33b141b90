// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/held_signals.h"

#include <cstring>
#include <ctime>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

HeldSignals::HeldSignals() {
  sigset_t held;
  sigfillset(&held);
  for (const int signal : {SIGBUS, SIGSEGV, SIGILL, SIGFPE}) sigdelset(&held, signal);
  ending_ = held;
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if (is_ignored(signal)) sigdelset(&ending_, signal);
  // They end nothing.
  for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU})
    sigdelset(&ending_, signal);
  ::pthread_sigmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void HeldSignals::check() const {
  constexpr timespec now{};
  const int signal = ::sigtimedwait(&ending_, nullptr, &now);
  if (signal <= 0) return;
  taken_ = signal;
  const char* name = ::sigabbrev_np(signal);
  const std::string text = name != nullptr ? str("SIG", name) : str("signal ", signal);
  throw Error(Error::Kind::failed, "", "interrupted by " + text);
}

void HeldSignals::end_by_taken() const {
  if (taken_ == 0) return;
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, taken_);
  std::signal(taken_, SIG_DFL);
  std::raise(taken_);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

}  // namespace checkpoint
