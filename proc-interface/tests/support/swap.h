// SPDX-License-Identifier: GPL-2.0-or-later
// Swap to page out to.
#pragma once

#include <cstddef>
#include <string>

#include "memory.h"

namespace test {

/// Swap for as long as this lives.
class Swap {
 public:
  /// On /dev/zram0.  Skips the case on a machine without.
  explicit Swap(std::size_t bytes = 1 << 28);
  /// On a device of that size, which is overwritten.
  Swap(std::string device, std::size_t bytes);
  Swap(const Swap&) = delete;
  Swap& operator=(const Swap&) = delete;
  ~Swap();

 private:
  void turn_on(std::size_t bytes);

  std::string device_;  // that was turned on by this
};

/// Pages the range out.  Returns how many of its pages are in swap then.
std::size_t page_out(const Range& range);

}  // namespace test
