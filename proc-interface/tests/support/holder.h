// SPDX-License-Identifier: GPL-2.0-or-later
// A process that has memory and waits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory.h"
#include "process.h"

namespace test {

/// A child with so many pages of private memory, all filled, in one mapping.
class Holder : public Child {
 public:
  explicit Holder(std::size_t pages)
      : Child([pages](Steps& steps) {
          Area area(pages);
          fill(area, 1);
          steps.tell(area.range().start);
          steps.pause();
        }) {
    const std::uint64_t start = value();
    range_ = {start, start + pages * page_size};
  }
  [[nodiscard]] const Range& range() const { return range_; }

 private:
  Range range_;
};

}  // namespace test
