// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl beside the test, with descriptors of the test's.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "checkpoint/test_support/pty.h"

namespace cpctl {

class Running {
 public:
  /// Its standard output, error and, unless it is the test's, input are the
  /// descriptors given.
  Running(const std::vector<std::string>& arguments, int out, int err, int in = STDIN_FILENO);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// Kills it.
  ~Running();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Its wait status.
  int wait();

  /// Whether it has ended; wait() tells how.
  [[nodiscard]] bool ended() const;

  /// Lets it go on for a moment now and then only, until it has drawn @text on
  /// @terminal: what is over in a moment is as slow as with a larger image then.
  /// What it has drawn by then, or in all.
  [[nodiscard]] std::string crawl_until(const checkpoint::Pty& terminal,
                                        const std::string& text) const;

 private:
  pid_t pid_ = -1;
};

}  // namespace cpctl
