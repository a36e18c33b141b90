// SPDX-License-Identifier: GPL-2.0-or-later
// The END note: the image is complete, and these were its bytes.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

/// struct proc_checkpoint_end
struct EndNote {
  std::uint64_t length = 0;
  std::uint32_t crc32c = 0;
};

/// @segment is the PT_NOTE that ends the file, @offset where it begins.
/// The length is checked, the CRC is not.  Throws a damaged Error.
EndNote decode_end(ByteView segment, std::uint64_t offset);

/// The whole note, framing included.
Bytes encode_end(const EndNote& end);

/// Bytes of encode_end().
std::uint64_t end_note_size();

}  // namespace checkpoint
