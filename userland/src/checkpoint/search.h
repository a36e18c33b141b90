// SPDX-License-Identifier: GPL-2.0-or-later
// Binary search among ranges that ascend and are disjoint.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace checkpoint {

/// The first element that ends behind @address: the one that contains it, or
/// the next one, or end().
template <typename Range>
auto first_ending_after(const std::vector<Range>& ranges, std::uint64_t address) {
  return std::partition_point(ranges.begin(), ranges.end(),
                              [address](const Range& range) { return range.end <= address; });
}

/// The element that contains @address, or nullptr.
template <typename Range>
const Range* find_containing(const std::vector<Range>& ranges, std::uint64_t address) {
  const auto found = first_ending_after(ranges, address);
  return found != ranges.end() && found->start <= address ? &*found : nullptr;
}

}  // namespace checkpoint
