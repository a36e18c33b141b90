// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as what /proc says of a process: as maps and smaps, which agree, as
// stat, and as the status of its checkpoints.
#include <algorithm>
#include <cstdlib>
#include <iomanip>

#include "checkpoint/maps.h"
#include "checkpoint/process_stat.h"
#include "checkpoint/status.h"
#include "checkpoint/text.h"
#include "messages.h"

namespace {

using checkpoint::LiveMapping;
using checkpoint::Mapping;
using checkpoint::str;

template <typename Function>
auto unless_refused(Function function) {
  return checkpoint::unless_refused(checkpoint::Error::Kind::failed, function);
}

/// Takes the first line off @text.
std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// As show_map_vma() of the kernel writes it.
std::string maps_line(const Mapping& mapping) {
  std::string name;
  for (const char c : mapping.name) name += c == '\n' ? "\\012" : std::string(1, c);
  const auto padded = std::setw(8);
  return str(std::hex, std::setfill('0'), padded, mapping.start, '-', padded, mapping.end, ' ',
             checkpoint::protection_text(mapping), ' ', padded, mapping.offset, ' ', std::setw(2),
             mapping.dev_major, ':', std::setw(2), mapping.dev_minor, std::dec, ' ', mapping.inode,
             ' ', name, '\n');
}

/// Each mapping is found by its name, if none of that name lies elsewhere.
void check_names(const std::vector<Mapping>& mappings) {
  for (const Mapping& mapping : {mappings.front(), mappings.back()}) {
    if (mapping.name.empty()) continue;
    const auto found = unless_refused([&] { return find_mapping(mappings, mapping.name); });
    if (found && (found->start > mapping.start || found->end < mapping.end)) std::abort();
    const auto has_name = [&](const Mapping& other) { return other.name == mapping.name; };
    const bool alone = std::none_of(mappings.begin(), mappings.end(), [&](const Mapping& other) {
      return !has_name(other) && other.name.find(mapping.name) != std::string::npos;
    });
    if (alone && std::count_if(mappings.begin(), mappings.end(), has_name) == 1 && !found)
      std::abort();
  }
}

void check_maps(std::string_view text) {
  const auto mappings = unless_refused([text] { return checkpoint::parse_maps(text); });
  if (!mappings || mappings->empty()) return;
  std::string written;
  for (const Mapping& mapping : *mappings) {
    if (mapping.start >= mapping.end) std::abort();
    written += maps_line(mapping);
  }
  if (checkpoint::parse_maps(written) != *mappings) std::abort();
  check_names(*mappings);
}

/// The lines of smaps that maps has, too.
std::string without_details(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (!line.substr(0, line.find(' ')).ends_with(':')) lines.append(line) += '\n';
  }
  return lines;
}

/// What both tell of a mapping.
Mapping plain(Mapping mapping) {
  mapping.flags &= PROC_CHECKPOINT_MAP_SHARED;
  return mapping;
}

void check_smaps(std::string_view text) {
  const std::string lines = without_details(text);
  const auto mappings = unless_refused([&] { return checkpoint::parse_maps(lines); });
  const auto live = unless_refused([text] { return checkpoint::parse_smaps(text); });
  std::string_view rest = text;
  const bool details_first = !text.empty() && without_details(next_line(rest)).empty();
  if (live.has_value() != (mappings && !details_first)) std::abort();
  if (!live) return;
  const auto same = [](const LiveMapping& a, const Mapping& b) {
    return plain(a) == b && a.has(PROC_CHECKPOINT_MAP_FILE) == (a.inode != 0) &&
           !a.has(PROC_CHECKPOINT_MAP_BY_REF | PROC_CHECKPOINT_MAP_UNLINKED);
  };
  if (!std::equal(live->begin(), live->end(), mappings->begin(), mappings->end(), same))
    std::abort();
}

/// As the kernel writes it, but for what nobody asks for.
std::string stat_text(std::string_view name, char state, std::uint64_t start) {
  return str("4321 (", name, ") ", state, " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ", start, " 0 0\n");
}

void check_stat(std::string_view text) {
  // A process calls itself as it likes.
  constexpr checkpoint::ProcessStat expected{.state = 'S', .start_time = 42};
  if (checkpoint::parse_process_stat(stat_text(text, 'S', 42)) != expected) std::abort();
  const auto stat = unless_refused([text] { return checkpoint::parse_process_stat(text); });
  if (stat && checkpoint::parse_process_stat(stat_text("", stat->state, stat->start_time)) != *stat)
    std::abort();
}

/// No line is lost.
void check_status(std::string_view text) {
  const auto status = unless_refused([text] { return checkpoint::parse_status(text); });
  if (!status) return;
  std::string lines;
  for (const auto& [key, value] : status->lines) lines += key + ": " + value + '\n';
  if (lines != text && lines != str(text, '\n')) std::abort();
  if (status->version == 0 || status->state.empty()) std::abort();
  const auto is_of_last = [](const auto& line) { return line.first.starts_with("last."); };
  if (status->last && std::none_of(status->lines.begin(), status->lines.end(), is_of_last))
    std::abort();
  const auto is_range = [](const auto& line) { return line.first == PROC_CHECKPOINT_KEY_RANGE; };
  const auto ranges = std::count_if(status->lines.begin(), status->lines.end(), is_range);
  if (status->ranges.size() != static_cast<std::size_t>(ranges)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_maps(text);
  check_smaps(text);
  check_stat(text);
  check_status(text);
  return 0;
}
