// SPDX-License-Identifier: GPL-2.0-or-later
// An image with the stack of a process, as the kernel makes it for a program.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

struct SampleStack {
  static constexpr std::uint64_t kStart = 0x40000;
  static constexpr std::uint64_t kEnd = 0x44000;
  static constexpr std::uint64_t kVdso = 0x50000;

  SampleStack();

  /// Types and values, without AT_NULL.
  std::vector<std::uint64_t> auxv;
  std::size_t environment = 3;  ///< pointers below it
  bool vdso = true;             ///< that is mapped
  bool copy = false;            ///< a function has a copy, one entry shorter
  bool skip_last = false;       ///< the last page was not saved

  void set(std::uint64_t type, std::uint64_t value);
  void remove(std::uint64_t type);
};

/// A full image of [0x40000, 0x60000).
Bytes image_of_stack(const SampleStack& stack);

}  // namespace checkpoint
