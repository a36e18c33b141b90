// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a range as they were.
#pragma once

#include "checkpoint/sink.h"
#include "checkpoint/snapshot.h"

namespace checkpoint {

/// What to do about bytes that no image has: not mapped, or skipped.
enum class Holes { refuse, zero };

/// Writes the bytes [start, end), which need not be page aligned, to @sink.
/// Pages of mapped files are read from there.  Throws Error, before anything
/// is written, at the first hole unless those are to be zeros, and where a file
/// is not there or not that one any more.
void extract(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end, Holes holes,
             Sink& sink);

}  // namespace checkpoint
