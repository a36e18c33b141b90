// SPDX-License-Identifier: GPL-2.0-or-later
// The MAP note, the mappings of the range, and NT_FILE, the same for gdb.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

/// Checks each entry, and that they ascend, do not overlap and lie in the
/// range of @info.  Throws a damaged Error.
std::vector<Mapping> decode_map(ByteView descriptor, const Info& info);

Bytes encode_map(const std::vector<Mapping>& mappings);

/// Checks that NT_FILE repeats what MAP says, byte for byte.
void check_nt_file(ByteView descriptor, const std::vector<Mapping>& mappings);

/// NT_FILE of the mappings of files, as the kernel makes it.
Bytes encode_nt_file(const std::vector<Mapping>& mappings);

}  // namespace checkpoint
