// SPDX-License-Identifier: GPL-2.0-or-later
// Memory to load into, and images of such memory.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/image_builder.h"
#include "cp_load.h"

namespace checkpoint {

/// Pages filled with '.', between two pages that must stay as they are.
class Arena {
 public:
  explicit Arena(std::size_t pages);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] unsigned char* start() const { return memory_ + kPageSize; }
  /// The last byte.
  [[nodiscard]] unsigned char* end() const { return start() + size_ - 1; }

  /// A letter for each page, which must be full of it: '0' for zeros; '?' for
  /// a page that is not all the same.  "!" behind it: a page beside it changed.
  [[nodiscard]] std::string picture() const;

 private:
  std::size_t size_;
  unsigned char* memory_;
};

/// Where the checkpointed memory was.
inline constexpr std::uint64_t kBase = 0x7f0000000000;

/// A full image of 8 mapped pages: "aabb0000".
ImageBuilder full_image();

/// An inc on it, without any page: the caller adds some.
ImageBuilder inc_image(const Info& parent);

/// The address of page @n.
constexpr std::uint64_t page(std::uint64_t n) {
  return kBase + n * kPageSize;
}

/// The name of the errno, "0" for none.
std::string errno_name(int error);

/// cp_load() of these files.
std::string load(const Arena& arena, const std::vector<std::string>& paths);

}  // namespace checkpoint
