// SPDX-License-Identifier: GPL-2.0-or-later
// The INFO note: what an image is.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

/// Checks each field by itself; the counts are compared with what the image
/// holds in image_check.h.  Throws a damaged Error.
Info decode_info(ByteView descriptor);

Bytes encode_info(const Info& info);

}  // namespace checkpoint
