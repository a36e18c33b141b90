// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a process still has the mappings that an image is of.
#pragma once

#include "checkpoint/maps.h"

namespace checkpoint {

/// Pages that are mapped now and were not then.
struct ExtraRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string name;
  bool operator==(const ExtraRange&) const = default;
};

/// Compares, page by page of @range, what was mapped @then with what is mapped
/// @now, both ascending: mappings may have been split or joined since.  All
/// that was mapped must be, with the same protection, of the same kind, and at
/// the same place of the same file; advice, as MADV_DONTDUMP, may differ.
/// Returns what is mapped besides.  Throws Error.
std::vector<ExtraRange> check_layout(const std::vector<Mapping>& then,
                                     const std::vector<LiveMapping>& now,
                                     const AddressRange& range);

/// Throws Error when the stack or the vdso, of what an image of @range has, is at another place
/// @now: another program was started in the process, which has the number and start time of
/// the one before.
void check_program(const std::vector<Mapping>& then, const std::vector<LiveMapping>& now,
                   const AddressRange& range);

/// "0x1000-0x3000 [heap], 0x5000-0x6000", the first few.
std::string extra_text(const std::vector<ExtraRange>& extra);

}  // namespace checkpoint
