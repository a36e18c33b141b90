// SPDX-License-Identifier: GPL-2.0-or-later
// An image on standard input.
#pragma once

#include <string>
#include <string_view>

#include "checkpoint/error.h"
#include "checkpoint/mapped_file.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// What stands for it where a path is expected; a file of that name is "./-".
inline constexpr std::string_view kStandardInput = "-";
/// What errors call it.
inline const std::string kStandardInputName = "standard input";

/// It is a regular file that nobody has read from, which can be mapped itself.
/// Throws Error when it is a terminal.
bool standard_input_is_whole_file();

/// All of standard input.  What cannot be mapped itself is copied to an unlinked
/// file in $TMPDIR, or /tmp, for those who jump in it: that takes as much space
/// there.  (Who needs no more than to go through it once has ImageStream.)  It is
/// read as an ImageStream is, and given up as that is, so that a stream without an
/// end fills no disc.  Throws Error.
MappedFile map_standard_input(Steps& steps = no_steps());

/// What else there is to say when no good image was read from it.
void hint_at_the_pipe(Error& error);

}  // namespace checkpoint
