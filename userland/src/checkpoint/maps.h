// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/PID/maps and /proc/PID/pagemap.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/numbers.h"
#include "checkpoint/types.h"

namespace checkpoint {

/// The mappings of a process.  Of flags, SHARED is set.  Throws Error.
std::vector<Mapping> parse_maps(std::string_view text);

/// The range of the mappings called @name: "heap" or "stack", the last column
/// of maps ("[vdso]", with its brackets or without), a path, or the last part
/// of one.  Throws Error when there is none, or when they are not neighbours.
AddressRange find_mapping(const std::vector<Mapping>& mappings, std::string_view name);

/// Of some pages: how many there are in each state.
struct PageCounts {
  std::uint64_t resident = 0;  ///< in memory
  std::uint64_t swapped = 0;
  std::uint64_t changed = 0;  ///< resident or swapped, and soft-dirty
  bool operator==(const PageCounts&) const = default;
};

/// Adds the pages of @entries, words of pagemap.
void count_pages(std::span<const std::uint64_t> entries, PageCounts& counts);

}  // namespace checkpoint
