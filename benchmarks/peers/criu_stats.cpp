// SPDX-License-Identifier: GPL-2.0-or-later
#include "peers/criu_stats.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "checkpoint/error.h"

namespace bench {
namespace {

// CRIU's images/stats.proto: stats_entry.dump = 1, dump_stats_entry.frozen_time
// = 2, in microseconds.  Before it: two magic numbers and the length.
constexpr std::size_t kHeader = 12;
constexpr unsigned kDump = 1, kFrozenTime = 2;

/// Takes a varint from the front.
std::uint64_t take(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !text.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

/// A field of a message that has only varints and messages.
struct Field {
  std::uint64_t number = 0;
  std::string_view message;
};

std::optional<Field> find(std::string_view text, unsigned wanted) {
  while (!text.empty()) {
    const std::uint64_t key = take(text);
    Field field{.number = take(text)};
    if (key % 8 == 2) {
      field.message = text.substr(0, field.number);
      text.remove_prefix(field.message.size());
    }
    if (key / 8 == wanted) return field;
  }
  return {};
}

}  // namespace

std::uint64_t criu_frozen_ns(const std::string& directory) {
  std::ifstream file(directory + "/stats-dump", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kHeader)
    if (const auto dump = find(std::string_view(text).substr(kHeader), kDump))
      if (const auto time = find(dump->message, kFrozenTime)) return time->number * 1000;
  throw checkpoint::damaged("no frozen_time").subject_if_none(directory + "/stats-dump");
}

}  // namespace bench
