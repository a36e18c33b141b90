// SPDX-License-Identifier: GPL-2.0-or-later
// A range of this process with a baseline: whatever goes wrong with a command,
// the next inc must have all that changed since the last one that succeeded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "checkpointer.h"
#include "memory.h"
#include "oracle.h"

namespace test {

/// Writes to each page, which no reference to it may keep from being reused.
void expect_reused_in_place(const Area& area);

class Tracked {
 public:
  explicit Tracked(std::size_t pages);
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked();

  [[nodiscard]] Range range() const { return area.range(); }
  /// Changes some pages, others each time.
  void change();
  /// A command has succeeded after all: its image is one of the chain.
  void take(const std::string& image);
  /// An inc into a new file, then the chain against memory.
  void expect_next_inc_complete();
  /// After failures alone: every page changes, and each is reused in place, so
  /// nobody has a reference left.
  void expect_no_page_held() const { expect_reused_in_place(area); }

  Area area;
  Checkpointer self;

 private:
  void add(const std::string& path);
  void restart();

  ImageChain chain_;
  std::string prefix_;
  std::size_t round_ = 0, files_ = 0;
};

}  // namespace test
