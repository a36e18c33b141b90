// SPDX-License-Identifier: GPL-2.0-or-later
// The notes FILE_PAGES and SKIPPED.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

/// The runs of the note; they ascend and are disjoint.  Where they lie is
/// checked in image_check.h.  Throws a damaged Error.
std::vector<Run> decode_file_pages(ByteView descriptor);
std::vector<Run> decode_skipped(ByteView descriptor);

/// The notes of those of @runs that belong there.
Bytes encode_file_pages(const std::vector<Run>& runs);
Bytes encode_skipped(const std::vector<Run>& runs);

}  // namespace checkpoint
