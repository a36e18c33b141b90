// SPDX-License-Identifier: GPL-2.0-or-later
// Small helpers that make text: concatenation, hex numbers, human sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>

namespace checkpoint {

/// All arguments, streamed into one string.
template <typename... Args>
std::string str(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

/// "0x1f": lower case, no leading zeros.
std::string hex(std::uint64_t value);

/// Lower-case hex digits, two for each byte.
std::string hex_bytes(std::span<const std::uint8_t> bytes);

/// "0x1000-0x3000": the end is exclusive, as in /proc/PID/maps.
std::string range_text(std::uint64_t start, std::uint64_t end);

/// "512 B", "4.0 KiB", "1.5 GiB".
std::string size_text(std::uint64_t bytes);

/// "850 ns", "1.25 ms", "3.20 s".
std::string duration_text(std::uint64_t nanoseconds);

/// "2025-01-31T12:00:00.123456789Z".
std::string time_text(std::uint64_t nanoseconds_since_1970);

/// The text with control characters written as \ooo, as /proc does, so that a
/// name from an image cannot drive the terminal.
std::string printable(std::string_view text);

}  // namespace checkpoint
