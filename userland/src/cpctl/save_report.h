// SPDX-License-Identifier: GPL-2.0-or-later
// What is said about a checkpoint that succeeded.
#pragma once

#include <optional>
#include <ostream>

#include "checkpoint/command.h"
#include "checkpoint/process.h"

namespace cpctl {

/// What the kernel says about the command that just succeeded; nothing when
/// the process has ended since.
std::optional<checkpoint::LastCommand> last_command(const checkpoint::Process& process);

/// A line about the image on @out; on standard error, that an inc became a full
/// image.
void print_report(std::ostream& out, const checkpoint::SaveCommand& command,
                  const std::optional<checkpoint::LastCommand>& last);

}  // namespace cpctl
