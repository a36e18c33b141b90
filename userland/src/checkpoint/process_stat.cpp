// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/process_stat.h"

#include <algorithm>

#include "checkpoint/error.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

constexpr int kState = 3;
constexpr int kStartTime = 22;

}  // namespace

ProcessStat parse_process_stat(std::string_view text) {
  const Error bad = Error(Error::Kind::failed, "", "cannot be read")
                        .found("'" + printable(text.substr(0, 200)) + "'")
                        .expected("PID (NAME) STATE ...");
  // The name is the process's to choose, brackets and spaces included.
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) throw bad;
  text.remove_prefix(name_end + 2);
  if (text.size() < 2 || text[0] == ' ' || text[1] != ' ') throw bad;
  ProcessStat stat{.state = text.front()};
  for (int field = kState; field < kStartTime; ++field) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) throw bad;
    text.remove_prefix(space + 1);
  }
  const auto start =
      parse_decimal(text.substr(0, std::min(text.find_first_of(" \n"), text.size())));
  if (!start) throw bad;
  stat.start_time = *start;
  return stat;
}

}  // namespace checkpoint
