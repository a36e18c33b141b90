// SPDX-License-Identifier: GPL-2.0-or-later
// Durations and times as users write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace checkpoint {

/// "500ms", "5s", "2m", "1h", "7d"; without a unit, seconds.  Nanoseconds, up
/// to INT64_MAX of them.
std::optional<std::uint64_t> parse_duration(std::string_view text);

/// "2025-01-31", with "T12:00:00" or " 12:00:00" behind it, and maybe a "Z":
/// UTC.  Nanoseconds since 1970.
std::optional<std::uint64_t> parse_time(std::string_view text);

}  // namespace checkpoint
