// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/durations.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "checkpoint/numbers.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1000 * kMillisecond;
constexpr auto kLongest = static_cast<std::uint64_t>(INT64_MAX);

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr Unit kUnits[] = {
    {"", kSecond},       {"ms", kMillisecond},  {"s", kSecond},
    {"m", 60 * kSecond}, {"h", 3600 * kSecond}, {"d", 24 * 3600 * kSecond},
};

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_decimal(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.name != text.substr(digits)) continue;
    if (*count > kLongest / unit.nanoseconds) return std::nullopt;
    return *count * unit.nanoseconds;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_time(std::string_view text) {
  const std::string word(text);
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dZ",
                             "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%SZ"}) {
    std::tm parts{};
    const char* end = ::strptime(word.c_str(), format, &parts);
    if (end == nullptr || end != word.c_str() + word.size()) continue;
    // It takes the 31st of any month, which timegm() would move to the next.
    const std::tm given = parts;
    const std::time_t seconds = ::timegm(&parts);
    if (seconds < 0 || static_cast<std::uint64_t>(seconds) > kLongest / kSecond ||
        parts.tm_mday != given.tm_mday)
      return std::nullopt;
    return static_cast<std::uint64_t>(seconds) * kSecond;
  }
  return std::nullopt;
}

}  // namespace checkpoint
