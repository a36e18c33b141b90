// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/stop_signals.h"

#include <initializer_list>

#include "checkpoint/held_signals.h"

namespace cpctl {
StopSignals::StopSignals() {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (!checkpoint::is_ignored(signal)) ::sigaddset(&signals_, signal);
  ::sigprocmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() {
  // What comes once more is about what has ended.
  constexpr timespec now{};
  while (::sigtimedwait(&signals_, nullptr, &now) > 0) {
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::wait(std::uint64_t nanoseconds) const {
  constexpr std::uint64_t second = 1'000'000'000;
  const timespec timeout{.tv_sec = static_cast<time_t>(nanoseconds / second),
                         .tv_nsec = static_cast<long>(nanoseconds % second)};
  const int signal = ::sigtimedwait(&signals_, nullptr, &timeout);
  return signal > 0 ? signal : 0;  // another signal's handler ran: as if the time were over
}

}  // namespace cpctl
