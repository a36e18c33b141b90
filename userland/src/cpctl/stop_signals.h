// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that end a command when it has come to a good place.
#pragma once

#include <csignal>
#include <cstdint>

namespace cpctl {

/// SIGINT, SIGTERM and SIGHUP, unless they were ignored: they wait until
/// somebody asks, so that what runs meanwhile is not interrupted.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Waits so long, or until one of them comes: that one.  0: none came.
  [[nodiscard]] int wait(std::uint64_t nanoseconds) const;

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace cpctl
