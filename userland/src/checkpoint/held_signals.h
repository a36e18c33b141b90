// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that wait while something must not be left half done.
#pragma once

#include <cerrno>
#include <csignal>

namespace checkpoint {

/// A signal that is blocked becomes pending even where it is ignored.
bool is_ignored(int signal);

/// Signals stay pending for this thread as long as the object lives, but for those that
/// are ignored, and those that an instruction of its own raises, as SIGBUS.
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

  /// Ends the program by what check() has taken, if it has.
  void end_by_taken() const;

  struct Outcome {
    long result;
    int error;  ///< errno behind it
  };
  /// @call, during which those that end the program do so, as if they were not held.
  template <typename Call>
  Outcome let_through(Call call) const {
    sigset_t held{};
    ::pthread_sigmask(SIG_UNBLOCK, &ending_, &held);
    errno = 0;
    const long result = call();
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &held, nullptr);
    return {.result = result, .error = error};
  }

 private:
  sigset_t ending_{};
  sigset_t before_{};
  mutable int taken_ = 0;
};

}  // namespace checkpoint
