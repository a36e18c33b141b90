// SPDX-License-Identifier: GPL-2.0-or-later
// A standard descriptor that is another file for a while.
#pragma once

#include <unistd.h>

#include "checkpoint/error.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

class Redirect {
 public:
  /// @standard is @fd until the end of this object.
  Redirect(int standard, int fd) : standard_(standard), kept_(::dup(standard)) {
    if (::dup2(fd, standard_) < 0) throw system_failure("a test", "redirect");
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;
  ~Redirect() {
    if (kept_)
      ::dup2(kept_.get(), standard_);
    else
      ::close(standard_);
  }

 private:
  int standard_;
  UniqueFd kept_;
};

}  // namespace checkpoint
