// SPDX-License-Identifier: GPL-2.0-or-later
// When something is due that happens at an interval.
#pragma once

#include <cstdint>

namespace checkpoint {

/// Measured from start to start.  What takes longer than the interval is
/// followed by the next time that is not past: nothing piles up.
class Pace {
 public:
  /// @every is not 0; nanoseconds of any one clock.
  Pace(std::uint64_t start, std::uint64_t every) : start_(start), every_(every) {}

  /// The next time behind @now, which is not before the start.
  [[nodiscard]] std::uint64_t next(std::uint64_t now) const {
    const std::uint64_t passed = (now - start_) / every_ * every_;
    const std::uint64_t left = UINT64_MAX - start_ - passed;
    return start_ + passed + (every_ < left ? every_ : left);
  }

 private:
  std::uint64_t start_;
  std::uint64_t every_;
};

}  // namespace checkpoint
