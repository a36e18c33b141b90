// SPDX-License-Identifier: GPL-2.0-or-later
// Images that are large, and take no space on the disc.
#pragma once

#include <string>

#include "checkpoint/types.h"

namespace cpctl {

/// Writes an image with one mapping, all of @info's range, the first @pages of
/// which are data: zeros, holes of the file.  The rest of a full image is zero.
void write_large(const std::string& path, const checkpoint::Info& info, std::uint64_t pages);

}  // namespace cpctl
