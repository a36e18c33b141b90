// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that wait while something must not be left half done.
#pragma once

#include <csignal>

namespace checkpoint {

/// A signal that is blocked becomes pending even where it is ignored.
bool is_ignored(int signal);

/// SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP stay pending for this thread as
/// long as the object lives, but for those that are ignored.
class HeldSignals {
 public:
  HeldSignals();
  /// What has come and was not taken by check() arrives now.
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// For places where it is safe to give up: throws Error when one of those
  /// that end a program has come, which is taken then.
  void check() const;

 private:
  sigset_t ending_{};
  sigset_t before_{};
};

}  // namespace checkpoint
