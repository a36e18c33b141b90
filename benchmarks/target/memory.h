// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of the target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "support/protocol.h"

namespace bench {

constexpr std::size_t kPage = 4096;

/// Private and anonymous.  Every function throws std::system_error.
class Memory {
 public:
  /// Every @spacing-th page is written, each with other contents.
  Memory(std::size_t bytes, std::size_t spacing, bool huge);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t pages() const { return bytes_ / kPage; }
  /// Bytes that are there.
  [[nodiscard]] std::size_t resident() const;

  /// Calls @each for the runs of pages that are there.
  void for_each_run(const std::function<void(const std::byte*, std::size_t)>& each) const;

  /// Makes @count mappings of it, by advice that changes nothing else.
  void split(std::size_t count);

  /// Writes to a part of the pages that are there.  Returns to how many.
  std::size_t dirty(std::uint64_t millionths, Pattern pattern, std::uint64_t seed);

  /// Reads a byte of each page: no repeat finds memory that has gone cold,
  /// which in a guest can be memory that the host has to find again.
  void touch() const;

  /// memcpy() of all, to memory that is there already.
  void copy();

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_, spacing_;
};

/// A number that depends on both, evenly (splitmix64).
std::uint64_t mix(std::uint64_t value, std::uint64_t seed);

}  // namespace bench
