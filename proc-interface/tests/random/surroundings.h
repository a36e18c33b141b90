// SPDX-License-Identifier: GPL-2.0-or-later
// What the operations need of the machine: made once, for all processes that
// play sequences.
#pragma once

#include <string>

#include "../support/huge_pages.h"
#include "../support/hugetlb.h"
#include "../support/swap.h"
#include "contents.h"

namespace test::random {

class Surroundings {
 public:
  static constexpr std::size_t source_pages = 64;

  /// Skips the case where something is missing.
  Surroundings();
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  ~Surroundings();

  /// On again, whatever a process that failed has left.
  void swap_on() const;

  /// A file to read from, and what it holds.
  [[nodiscard]] int source() const { return source_; }
  /// The same through a block device, for O_DIRECT.
  [[nodiscard]] int direct() const { return direct_; }
  [[nodiscard]] const std::vector<std::byte>& source_bytes() const { return source_bytes_; }
  /// A directory with little space.
  [[nodiscard]] const std::string& small() const { return small_; }

 private:
  Swap swap_;
  HugetlbPool huge_pages_;
  FolioSize small_folios_, larger_folios_;
  std::vector<std::byte> source_bytes_;
  int source_ = -1, direct_ = -1;
  std::string small_;
};

}  // namespace test::random
