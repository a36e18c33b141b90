// SPDX-License-Identifier: GPL-2.0-or-later
// A kernel that takes its time.
#pragma once

#include <sys/types.h>

#include <string>

#include "checkpoint/test_support/fake_proc.h"
#include "checkpoint/unique_fd.h"

namespace cpctl {

/// Takes one command, which is under way from begin() to end().
class SlowKernel {
 public:
  SlowKernel(const checkpoint::FakeProc& proc, const std::string& status);

  /// Waits until @pid writes the command.  From then on the file has the status.
  void begin(pid_t pid) const;

  /// What the image of @pid goes to, where its command has /proc/self/fd/N.
  static std::string stream(pid_t pid);

  /// The command succeeds.
  void end() const;

 private:
  std::string file_;
  checkpoint::UniqueFd fifo_;
};

}  // namespace cpctl
