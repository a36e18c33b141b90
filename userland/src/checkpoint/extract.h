// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a range as they were.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/sink.h"
#include "checkpoint/snapshot.h"

namespace checkpoint {

/// What to do about bytes that no image has: not mapped, or skipped.
enum class Holes { refuse, zero };

/// What to do about pages of a mapped file that is not there, or not that one any more.
enum class LostFiles { refuse, zero };

/// Writes the bytes [start, end), which need not be page aligned, to @sink.
/// Pages of mapped files are read from there.  Throws Error, before anything
/// is written, at the first hole or lost file unless those are to be zeros.  Returns
/// what is wrong with each file that is lost.
std::vector<std::string> extract(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end,
                                 Holes holes, LostFiles lost_files, Sink& sink);

}  // namespace checkpoint
