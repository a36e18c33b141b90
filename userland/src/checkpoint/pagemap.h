// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/PID/pagemap.
#pragma once

#include <cstdint>
#include <functional>

namespace checkpoint {

/// Of some pages: how many there are in each state.
struct PageCounts {
  std::uint64_t resident = 0;  ///< in memory
  std::uint64_t swapped = 0;
  std::uint64_t changed = 0;  ///< resident or swapped, and soft-dirty
  bool operator==(const PageCounts&) const = default;
};

/// Neighbouring pages that are there, [start, end).
struct PopulatedRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool present = false;  ///< in memory
  bool swapped = false;
  bool soft_dirty = false;
  bool of_file = false;  ///< a page of the mapped file, or of shared memory
};

/// Calls @each for the pages of [start, end), which is page aligned, that are
/// in memory or swapped, in order.  @fd: pagemap.  Time is as below.  Throws
/// Error.
void for_each_populated(int fd, std::uint64_t start, std::uint64_t end,
                        const std::function<void(const PopulatedRange&)>& each);

/// Counts the pages of [start, end), which is page aligned.  @fd: pagemap.
/// Time goes with the pages that are there, however large the range is; on
/// kernels before 6.7 with the range.  Throws Error.
PageCounts count_pages(int fd, std::uint64_t start, std::uint64_t end);

}  // namespace checkpoint
