// SPDX-License-Identifier: GPL-2.0-or-later
// What /proc/PID/stat says of which process that is.
#pragma once

#include <cstdint>
#include <string_view>

namespace checkpoint {

struct ProcessStat {
  char state = '?';
  std::uint64_t start_time = 0;  ///< in clock ticks since boot

  bool operator==(const ProcessStat&) const = default;

  /// It has no memory any more.
  [[nodiscard]] bool ended() const { return state == 'Z' || state == 'X'; }
};

/// Throws Error.
ProcessStat parse_process_stat(std::string_view text);

}  // namespace checkpoint
