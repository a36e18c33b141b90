// SPDX-License-Identifier: GPL-2.0-or-later
// The commands that /proc/PID/checkpoint takes.
#pragma once

#include "checkpoint/error.h"
#include "checkpoint/types.h"

namespace checkpoint {

/// full or inc.  @end is the last byte, inclusive.
struct SaveCommand {
  Kind kind = Kind::full;
  std::uint64_t start = 0;
  std::uint64_t end = UINT64_MAX;
  std::string path;

  /// What is written.  Throws a usage Error when the kernel would not take it.
  [[nodiscard]] std::string text() const;

  /// What the errno @error of the write means.
  [[nodiscard]] Error failure(int error, std::uint64_t pid) const;
};

/// "forget\n"
std::string forget_text();

}  // namespace checkpoint
