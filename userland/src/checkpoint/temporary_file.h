// SPDX-License-Identifier: GPL-2.0-or-later
// Files that are gone with the program, whatever ends it.
#pragma once

#include <string>

#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// $TMPDIR, or /tmp.
std::string temporary_directory();

/// An empty file without a name in @directory; none, with errno, where it
/// cannot be made.
UniqueFd open_nameless(const std::string& directory);

}  // namespace checkpoint
