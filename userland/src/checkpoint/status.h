// SPDX-License-Identifier: GPL-2.0-or-later
// What reading /proc/PID/checkpoint says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace checkpoint {

/// A range that has a baseline; @end is inclusive, as in a command.
struct TrackedRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string id;
  std::uint64_t seq = 0;
};

/// The last command that ended; @end is inclusive.
struct LastCommand {
  std::string kind;
  std::string status;  ///< "0" or the errno's name
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string id;
  std::string parent;
  std::uint64_t seq = 0;
  std::uint64_t pages_scanned = 0;
  std::uint64_t pages_saved = 0;
  std::uint64_t pages_zero = 0;
  std::uint64_t pages_copied = 0;
  std::uint64_t pages_skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t stall_ns = 0;
  std::uint64_t total_ns = 0;
};

struct Status {
  std::uint64_t version = 0;
  std::string state;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::vector<TrackedRange> ranges;
  std::optional<LastCommand> last;

  /// All lines, also those with keys that this program does not know.
  std::vector<std::pair<std::string, std::string>> lines;
};

/// Keys that are not known are kept in lines only: the kernel may be newer.
/// Throws Error when a known one has a bad value, or version or state is
/// missing.
Status parse_status(std::string_view text);

}  // namespace checkpoint
