// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers and ranges as users and /proc write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace checkpoint {

/// Decimal, or hex after "0x"; nothing else around it.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// Decimal digits only.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// Hex digits, "0x" before them or not.
std::optional<std::uint64_t> parse_hex(std::string_view text);

/// [start, end)
struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool operator==(const AddressRange&) const = default;
};

/// "A-B" in hex, as in /proc/PID/maps: B exclusive, A < B.
std::optional<AddressRange> parse_range(std::string_view text);

}  // namespace checkpoint
