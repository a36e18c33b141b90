// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a status, as maps and smaps, as a process's stat, as a range, as a
// duration, as a time, as the name of a numbered image and as a name.
#include <cstdlib>

#include "checkpoint/durations.h"
#include "checkpoint/error.h"
#include "checkpoint/maps.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/numbers.h"
#include "checkpoint/process_stat.h"
#include "checkpoint/status.h"
#include "checkpoint/text.h"

namespace {

/// What smaps says is what maps does, and more of the same mappings.
void check_smaps(std::string_view text) {
  for (const auto& mapping : checkpoint::parse_smaps(text)) {
    constexpr std::uint32_t others = PROC_CHECKPOINT_MAP_BY_REF | PROC_CHECKPOINT_MAP_UNLINKED;
    if (mapping.start >= mapping.end || mapping.has(others)) std::abort();
    if (mapping.has(PROC_CHECKPOINT_MAP_FILE) != (mapping.inode != 0)) std::abort();
  }
}

/// There is one name for a number.
void check_name(std::string_view text) {
  const auto name = checkpoint::parse_numbered_name(text);
  if (name && checkpoint::numbered_name(*name) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    checkpoint::parse_status(text);
  } catch (const checkpoint::Error&) {
  }
  try {
    checkpoint::find_mapping(checkpoint::parse_maps(text), "x");
  } catch (const checkpoint::Error&) {
  }
  try {
    check_smaps(text);
  } catch (const checkpoint::Error&) {
  }
  try {
    checkpoint::parse_process_stat(text);
  } catch (const checkpoint::Error&) {
  }
  check_name(text);
  checkpoint::parse_range(text);
  if (checkpoint::parse_duration(text) > INT64_MAX) std::abort();
  if (checkpoint::parse_time(text) > INT64_MAX) std::abort();
  checkpoint::printable(text);
  return 0;
}
