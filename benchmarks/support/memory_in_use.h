// SPDX-License-Identifier: GPL-2.0-or-later
// How much memory is in use.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace bench {

/// Memory that is not free, in bytes: free pages that a processor keeps for
/// itself count as free, so that this is exact to the page.
std::uint64_t memory_in_use();

/// That without the contents of files, tmpfs included; off by half a megabyte.
std::uint64_t memory_beside_files();

/// Touches nearly all free memory once.  A guest gets its memory from the host
/// at the first touch, which takes longer than all that is measured here.
void touch_free_memory();

/// By how much memory_beside_files() exceeds, at its peak, what it was at first.
class PeakMemory {
 public:
  PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  ~PeakMemory() { end(); }

  /// Bytes; 0 if it was never exceeded.
  std::uint64_t end();

 private:
  std::uint64_t before_;
  std::atomic<std::uint64_t> peak_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace bench
