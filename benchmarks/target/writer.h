// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that writes at random, and keeps how long each write took.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "target/memory.h"

namespace bench {

/// How often which time was measured, to an eighth of it.
class Histogram {
 public:
  void add(std::uint64_t nanoseconds);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t greatest() const { return greatest_; }
  /// Not more than this in @share of all.
  [[nodiscard]] std::uint64_t quantile(double share) const;

 private:
  std::array<std::uint64_t, 512> counts_{};
  std::uint64_t count_ = 0, greatest_ = 0;
};

/// Each step takes 64 bytes of a page, computes with them, and stores the
/// result there.  Nine of ten go to a tenth of the pages.
class Writer {
 public:
  Writer(Memory& memory, std::size_t bytes);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Returns when it stands still, between two steps.
  void pause();
  void resume();
  /// Ends it.
  void stop();

  [[nodiscard]] const Histogram& times() const { return times_; }
  [[nodiscard]] std::uint64_t nanoseconds() const { return nanoseconds_; }

 private:
  void run();
  enum class State : int { runs, shall_wait, waits, shall_end };

  Memory& memory_;
  std::size_t pages_;
  std::atomic<State> state_ = State::runs;
  Histogram times_;
  std::uint64_t nanoseconds_ = 0;
  std::thread thread_;
};

}  // namespace bench
