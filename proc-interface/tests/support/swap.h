// SPDX-License-Identifier: GPL-2.0-or-later
// Swap to page out to, on /dev/zram0.
#pragma once

#include <cstddef>

#include "memory.h"

namespace test {

/// Swap for as long as this lives.  Skips the case on a machine without zram.
class Swap {
 public:
  explicit Swap(std::size_t bytes = 1 << 28);
  Swap(const Swap&) = delete;
  Swap& operator=(const Swap&) = delete;
  ~Swap();

 private:
  bool ours_ = false;
};

/// Pages the range out.  Returns how many of its pages are in swap then.
std::size_t page_out(const Range& range);

}  // namespace test
