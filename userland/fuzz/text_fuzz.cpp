// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as what users write, and as the name of a file: as a number, a range,
// a duration, a time and the name of a numbered image.  What is taken can be
// written, and is the same then.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "checkpoint/durations.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace {

using checkpoint::str;

void check_numbers(std::string_view text) {
  const auto number = checkpoint::parse_number(text);
  const auto decimal = checkpoint::parse_decimal(text);
  const auto hex = checkpoint::parse_hex(text);
  if (number && number != decimal && number != hex) std::abort();
  if (decimal && number != decimal) std::abort();
  if (!number) return;
  if (checkpoint::parse_number(checkpoint::hex(*number)) != number ||
      checkpoint::parse_number(str(*number)) != number)
    std::abort();
}

void check_range(std::string_view text) {
  const auto range = checkpoint::parse_range(text);
  if (!range) return;
  if (range->start >= range->end) std::abort();
  if (checkpoint::parse_range(checkpoint::range_text(range->start, range->end)) != range)
    std::abort();
}

void check_duration(std::string_view text) {
  constexpr std::uint64_t millisecond = 1'000'000;
  const auto duration = checkpoint::parse_duration(text);
  if (!duration) return;
  if (*duration > INT64_MAX || *duration % millisecond != 0) std::abort();
  if (checkpoint::parse_duration(str(*duration / millisecond, "ms")) != duration) std::abort();
}

void check_time(std::string_view text) {
  const auto time = checkpoint::parse_time(text);
  if (!time) return;
  if (*time > INT64_MAX) std::abort();
  std::string written = checkpoint::time_text(*time);
  const std::size_t point = written.find(".000000000Z");
  if (point == std::string::npos) std::abort();
  for (const char* end : {"", "Z"})
    if (checkpoint::parse_time(written.substr(0, point) + end) != time) std::abort();
  // The 31st of February is not the 3rd of March.
  const std::string_view date = text.substr(0, std::string_view("2025-01-31").size());
  if (date.find_first_not_of("0123456789-") == std::string_view::npos &&
      date.size() == std::string_view("2025-01-31").size() && !written.starts_with(date))
    std::abort();
}

/// Each unit is what it is called.
void check_units(std::uint64_t count) {
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::pair<const char*, std::uint64_t> units[] = {
      {"", second},       {"ms", second / 1000}, {"s", second},
      {"m", 60 * second}, {"h", 3600 * second},  {"d", 86'400 * second}};
  for (const auto& [name, nanoseconds] : units) {
    const auto duration = checkpoint::parse_duration(str(count, name));
    if (duration.has_value() != (count <= INT64_MAX / nanoseconds)) std::abort();
    if (duration && *duration != count * nanoseconds) std::abort();
  }
}

/// There is one name for a number.
void check_name(std::string_view text) {
  const auto name = checkpoint::parse_numbered_name(text);
  if (name && checkpoint::numbered_name(*name) != text) std::abort();
}

/// And one number for a name.
void check_number(const checkpoint::NumberedName& name) {
  if (checkpoint::parse_numbered_name(checkpoint::numbered_name(name)) != name) std::abort();
}

/// Nothing of it drives the terminal, and the rest is as it was.
void check_printable(std::string_view text) {
  const std::string printable = checkpoint::printable(text);
  std::string_view rest = printable;
  for (const char c : text) {
    const bool control = (c >= '\0' && c < ' ') || c == '\x7f';
    const auto byte = static_cast<unsigned>(c);
    const std::string expected = control ? std::string{'\\', static_cast<char>('0' + byte / 64),
                                                       static_cast<char>('0' + byte / 8 % 8),
                                                       static_cast<char>('0' + byte % 8)}
                                         : std::string(1, c);
    if (!rest.starts_with(expected)) std::abort();
    rest.remove_prefix(expected.size());
  }
  if (!rest.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_numbers(text);
  check_range(text);
  check_duration(text);
  check_time(text);
  check_name(text);
  std::uint64_t numbers[2] = {};
  std::memcpy(numbers, data, std::min(size, sizeof(numbers)));
  check_number({.pid = numbers[0], .number = numbers[1]});
  check_units(numbers[0]);
  check_units(numbers[0] >> 48);  // few enough for days
  check_printable(text);
  return 0;
}
