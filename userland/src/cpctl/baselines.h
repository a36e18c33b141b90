// SPDX-License-Identifier: GPL-2.0-or-later
// The baselines of a process, and what a checkpoint did to them.
#pragma once

#include <optional>
#include <vector>

#include "checkpoint/command.h"
#include "checkpoint/process.h"

namespace cpctl {

/// The ranges that have one; nullopt: that is not known.
using Baselines = std::optional<std::vector<checkpoint::TrackedRange>>;

/// Those of @process now.
Baselines baselines_of(const checkpoint::Process& process);

/// What there is to say about @command, which made the image @last and had found
/// @before: that an inc became a full image, and why; that baselines of other
/// ranges have ended.  nullopt: nothing.
std::optional<checkpoint::Error> baseline_news(const checkpoint::SaveCommand& command,
                                               const checkpoint::LastCommand& last,
                                               const Baselines& before);

}  // namespace cpctl
