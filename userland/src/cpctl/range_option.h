// SPDX-License-Identifier: GPL-2.0-or-later
// The range that --range or --map gives.
#pragma once

#include <optional>

#include "checkpoint/image_head.h"
#include "checkpoint/process.h"
#include "cpctl/options.h"

namespace cpctl {

/// Throws a usage Error when --range is no range, or --map is given as well.
void check_range(const Options& options);

/// --range, or what --map names in @process; nullopt: neither is given.
/// Throws Error.
std::optional<checkpoint::AddressRange> range_of(const Options& options,
                                                 const checkpoint::Process& process);

/// The same, but for --map as @image has it.
std::optional<checkpoint::AddressRange> range_of(const Options& options,
                                                 const checkpoint::ImageHead& image);

/// The same, but for --map as it is in one of the two, or both.
std::optional<checkpoint::AddressRange> range_of(const Options& options,
                                                 const checkpoint::ImageHead& before,
                                                 const checkpoint::ImageHead& after);

/// As check_range(), for who takes whole pages.
void check_page_range(const Options& options);

}  // namespace cpctl
