// SPDX-License-Identifier: GPL-2.0-or-later
// Images that many tests start from.
#pragma once

#include "checkpoint/test_support/image_builder.h"

namespace checkpoint {

/// A full image with one run at least of each kind:
///
///   0x10000-0x13000  [heap]     data 'a', data 'b', zero
///   0x13000-0x14000  read-only  zero
///   0x20000-0x23000  a file     data 'c', then the file's
///   0x30000-0x32000  a device   skipped
ImageBuilder sample_full();

/// An inc on sample_full(): the page at 0x11000 is data 'B', 0x10000 is zero,
/// the device is not mapped any more.
ImageBuilder sample_inc();

/// The mapping of sample_full() that is a file's, as if its file were @path
/// as it is now.
Mapping file_mapping(std::uint64_t start, std::uint64_t end, const std::string& path);

}  // namespace checkpoint
