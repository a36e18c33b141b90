// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/PID/pagemap.
#pragma once

#include <cstdint>

namespace checkpoint {

/// Of some pages: how many there are in each state.
struct PageCounts {
  std::uint64_t resident = 0;  ///< in memory
  std::uint64_t swapped = 0;
  std::uint64_t changed = 0;  ///< resident or swapped, and soft-dirty
  bool operator==(const PageCounts&) const = default;
};

/// Counts the pages of [start, end), which is page aligned.  @fd: pagemap.
/// Time goes with the pages that are there, however large the range is; on
/// kernels before 6.7 with the range.  Throws Error.
PageCounts count_pages(int fd, std::uint64_t start, std::uint64_t end);

}  // namespace checkpoint
