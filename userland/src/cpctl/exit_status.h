// SPDX-License-Identifier: GPL-2.0-or-later
// The exit statuses of cpctl, as cpctl(1) lists them.
#pragma once

#include "checkpoint/error.h"

namespace cpctl {

enum class ExitStatus : int {
  done = 0,
  failed = 1,
  usage = 2,
  damaged = 3,       ///< an image is damaged or a chain broken
  no_interface = 4,  ///< this kernel has no checkpoint interface
};

inline ExitStatus exit_status(checkpoint::Error::Kind kind) {
  switch (kind) {
    case checkpoint::Error::Kind::usage:
      return ExitStatus::usage;
    case checkpoint::Error::Kind::damaged:
      return ExitStatus::damaged;
    case checkpoint::Error::Kind::no_interface:
      return ExitStatus::no_interface;
    case checkpoint::Error::Kind::failed:
      break;
  }
  return ExitStatus::failed;
}

}  // namespace cpctl
