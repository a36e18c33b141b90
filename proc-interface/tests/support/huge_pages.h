// SPDX-License-Identifier: GPL-2.0-or-later
// Memory in transparent huge pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "memory.h"

namespace test {

/// @count huge pages with contents; skips the case if they are small ones.
Area huge_area(std::size_t count, std::uint64_t seed);

/// New memory gets folios of a size below the huge page's (mTHP), for as long as
/// this lives.
class FolioSize {
 public:
  /// @when: "always", or "inherit" for where huge pages are asked for.
  FolioSize(unsigned kilobytes, const char* when);
  FolioSize(const FolioSize&) = delete;
  FolioSize& operator=(const FolioSize&) = delete;
  ~FolioSize();

  /// False in kernels before 6.8.
  [[nodiscard]] bool supported() const { return !before_.empty(); }
  /// How many the kernel made.
  [[nodiscard]] std::uint64_t made() const;

 private:
  std::string directory_, before_;
};

}  // namespace test
