// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace bench {

class Stopwatch {
 public:
  [[nodiscard]] std::uint64_t nanoseconds() const {
    const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - began_;
    return static_cast<std::uint64_t>(passed.count());
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace bench
