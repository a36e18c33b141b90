// SPDX-License-Identifier: GPL-2.0-or-later
// The range that --range or --map gives.
#pragma once

#include <optional>

#include "checkpoint/process.h"
#include "cpctl/options.h"

namespace cpctl {

/// --range; nullopt: not given.  Throws a usage Error.
std::optional<checkpoint::AddressRange> range_of(const Options& options);

/// --range, or what --map names in @process; nullopt: neither is given.
/// Throws Error.
std::optional<checkpoint::AddressRange> range_of(const Options& options,
                                                 const checkpoint::Process& process);

}  // namespace cpctl
