// SPDX-License-Identifier: GPL-2.0-or-later
// An image on standard input.
#pragma once

#include <string>
#include <string_view>

#include "checkpoint/mapped_file.h"

namespace checkpoint {

/// What stands for it where a path is expected; a file of that name is "./-".
inline constexpr std::string_view kStandardInput = "-";
/// What errors call it.
inline const std::string kStandardInputName = "standard input";

/// All of standard input.  A regular file that nobody has read from is mapped
/// itself; anything else is copied to an unlinked file in $TMPDIR, or /tmp,
/// since reading an image means jumping in it: that takes as much space there.
/// What does not begin as an ELF file is not read further than its beginning,
/// so that a stream without an end fills no disc.  Throws Error.
MappedFile map_standard_input();

}  // namespace checkpoint
