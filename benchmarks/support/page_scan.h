// SPDX-License-Identifier: GPL-2.0-or-later
// PAGEMAP_SCAN, and /proc/PID/pagemap without it.
#pragma once

#include <cstdint>
#include <functional>

namespace bench {

/// [start, end)
using EachRun = std::function<void(std::uint64_t start, std::uint64_t end)>;

enum class Scan {
  present,          ///< pages that are there
  soft_dirty,       ///< those that are soft-dirty
  written_protect,  ///< written since userfaultfd protected them: protects them again
};

/// Calls @each for the runs of [start, end).  @fd: pagemap.  Throws
/// std::system_error.
void scan_pages(int fd, Scan what, std::uint64_t start, std::uint64_t end, const EachRun& each);

/// The first two by reading an entry of each page, as before Linux 6.7.
void read_pages(int fd, Scan what, std::uint64_t start, std::uint64_t end, const EachRun& each);

}  // namespace bench
