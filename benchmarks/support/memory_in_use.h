// SPDX-License-Identifier: GPL-2.0-or-later
// How much memory is in use, and by how much more while a capture is held.
#pragma once

#include <cstdint>
#include <string>

#include "support/subject.h"

namespace bench {

/// Memory that is not free, in bytes: free pages that a processor keeps for
/// itself count as free, so that this is exact to the page.
std::uint64_t memory_in_use();

/// Touches nearly all free memory once.  A guest gets its memory from the host
/// at the first touch, which takes longer than all that is measured here.
void touch_free_memory();

/// Starts a full into a FIFO that nobody reads from, so that everything is
/// captured and nothing is written, and returns by how many bytes more memory
/// is in use then.  (The process sleeps, so that nothing of it is copied.)
std::int64_t memory_of_capture(const Subject& subject, const std::string& fifo);

}  // namespace bench
