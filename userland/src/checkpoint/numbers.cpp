// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbers.h"

#include <charconv>

namespace checkpoint {
namespace {

std::optional<std::uint64_t> parse(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool has_prefix(std::string_view text) {
  return text.starts_with("0x") || text.starts_with("0X");
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  return parse(text, 10);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  return parse(has_prefix(text) ? text.substr(2) : text, 16);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  return has_prefix(text) ? parse_hex(text) : parse_decimal(text);
}

std::optional<AddressRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto start = parse_hex(text.substr(0, dash));
  const auto end = parse_hex(text.substr(dash + 1));
  if (!start || !end || *start >= *end) return std::nullopt;
  return AddressRange{.start = *start, .end = *end};
}

}  // namespace checkpoint
