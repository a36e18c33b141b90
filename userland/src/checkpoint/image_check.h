// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of an image must say about each other.
#pragma once

#include "checkpoint/elf_headers.h"
#include "checkpoint/head_notes.h"

namespace checkpoint {

/// All runs of an image, ascending: those of its PT_LOADs, FILE_PAGES and
/// SKIPPED.  Checked: each lies in one mapping, no two overlap, p_flags and
/// by-reference pages suit the mapping, a full image names every mapped page,
/// and the counts of INFO are those found.  Throws a damaged Error.
std::vector<Run> collect_runs(const Segments& segments, const HeadNotes& notes);

}  // namespace checkpoint
