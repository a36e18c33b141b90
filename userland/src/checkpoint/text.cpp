// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/text.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace checkpoint {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

/// @value / @unit with @digits decimals.
std::string scaled(std::uint64_t value, std::uint64_t unit, int digits, const char* name) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", digits,
                static_cast<double>(value) / static_cast<double>(unit), name);
  return text.data();
}

}  // namespace

std::string hex(std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string hex_bytes(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string range_text(std::uint64_t start, std::uint64_t end) {
  return hex(start) + "-" + hex(end);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return str(bytes, " B");
  std::size_t unit = 0;
  std::uint64_t size = 1024;
  while (unit + 1 < units.size() && bytes / size >= 1024) {
    size *= 1024;
    ++unit;
  }
  return scaled(bytes, size, 1, units.at(unit));
}

std::string duration_text(std::uint64_t nanoseconds) {
  if (nanoseconds < 1'000) return str(nanoseconds, " ns");
  if (nanoseconds < 1'000'000) return scaled(nanoseconds, 1'000, 1, "us");
  if (nanoseconds < kNanosecondsPerSecond) return scaled(nanoseconds, 1'000'000, 2, "ms");
  return scaled(nanoseconds, kNanosecondsPerSecond, 2, "s");
}

std::string time_text(std::uint64_t nanoseconds_since_1970) {
  const auto seconds = static_cast<std::time_t>(nanoseconds_since_1970 / kNanosecondsPerSecond);
  std::tm parts{};
  std::array<char, 40> date{};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
    return str(nanoseconds_since_1970, " ns");
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%09uZ",
                static_cast<unsigned>(nanoseconds_since_1970 % kNanosecondsPerSecond));
  return str(date.data(), fraction.data());
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    out += '\\';
    out += static_cast<char>('0' + (byte >> 6));
    out += static_cast<char>('0' + ((byte >> 3) & 7));
    out += static_cast<char>('0' + (byte & 7));
  }
  return out;
}

}  // namespace checkpoint
