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
  sigemptyset(&ending_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    if (!is_ignored(signal)) sigaddset(&ending_, signal);
  sigset_t held = ending_;
  sigaddset(&held, SIGTSTP);
  ::pthread_sigmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void HeldSignals::check() const {
  constexpr timespec now{};
  const int signal = ::sigtimedwait(&ending_, nullptr, &now);
  if (signal > 0)
    throw Error(Error::Kind::failed, "", str("interrupted by SIG", ::sigabbrev_np(signal)));
}

}  // namespace checkpoint
