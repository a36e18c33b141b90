// SPDX-License-Identifier: GPL-2.0-or-later
// What is said about a checkpoint that succeeded.
#pragma once

#include <optional>
#include <ostream>

#include "checkpoint/command.h"
#include "checkpoint/info_peek.h"
#include "checkpoint/process.h"
#include "cpctl/baselines.h"

namespace cpctl {

struct Figures {
  checkpoint::LastCommand last;
  /// Else pages_scanned, stall_ns and total_ns are not known: the image does
  /// not say them.
  bool measured = true;
};

/// What the kernel says about the last command; nothing when the process has
/// ended since.
std::optional<checkpoint::LastCommand> last_command(const checkpoint::Process& process);

/// The figures of @command, which succeeded and wrote @image: @last, unless
/// that is another command, which ended since; then the image's.  Where the image
/// cannot be read back, as from a FIFO, @last if it may be the command.
std::optional<Figures> figures_of(const checkpoint::SaveCommand& command,
                                  const std::optional<checkpoint::LastCommand>& last,
                                  const std::optional<checkpoint::Peeked>& image);

/// A line about the image on @out; on standard error, what it did to baselines,
/// which were @before.
void print_report(std::ostream& out, const checkpoint::SaveCommand& command,
                  const std::optional<Figures>& figures, const Baselines& before);

}  // namespace cpctl
