// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/PID/maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/numbers.h"
#include "checkpoint/types.h"

namespace checkpoint {

/// The mappings of a process.  Of flags, SHARED is set.  Throws Error.
std::vector<Mapping> parse_maps(std::string_view text);

/// A mapping of a live process, with what only smaps tells: all its flags but
/// BY_REF and UNLINKED, and whether a userfaultfd handles its faults.
struct LiveMapping : Mapping {
  bool userfaultfd = false;
};

/// /proc/PID/smaps.  Throws Error.
std::vector<LiveMapping> parse_smaps(std::string_view text);

/// The range of the mappings called @name: "heap" or "stack", the last column
/// of maps ("[vdso]", with its brackets or without), a path, or the last part
/// of one.  @mappings ascend by start; they may overlap, as those of two times
/// do.  Throws Error when there is none of that name, with @hint, or when they do
/// not ascend, or there is a hole between them.
AddressRange find_mapping(const std::vector<Mapping>& mappings, std::string_view name,
                          std::string_view hint = {});

}  // namespace checkpoint
