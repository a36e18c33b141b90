// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that notice when a store of theirs is lost.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "memory.h"

namespace test {

/// A word of a page.
std::atomic_ref<std::uint64_t> word_of(const Area& area, std::size_t page, std::size_t index);

/// Three threads count in words of their own of every page, as long as this lives.
/// One has a processor for itself, and keeps what its TLB has; the others share
/// theirs with another process, and lose it all the time.
class Stores {
 public:
  explicit Stores(const Area& area);
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;
  ~Stores() { stop(); }

  void stop();
  /// Words that did not hold what was stored to them last.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  void count(std::size_t own);

  const Area& area_;
  pid_t other_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> lost_{0};
  std::vector<std::thread> threads_;
};

}  // namespace test
