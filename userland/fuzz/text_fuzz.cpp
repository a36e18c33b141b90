// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a status, as maps, as a process's stat, as a range, as a duration,
// as a time and as a name.
#include <cstdlib>

#include "checkpoint/durations.h"
#include "checkpoint/error.h"
#include "checkpoint/maps.h"
#include "checkpoint/numbers.h"
#include "checkpoint/process_stat.h"
#include "checkpoint/status.h"
#include "checkpoint/text.h"

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
    checkpoint::parse_process_stat(text);
  } catch (const checkpoint::Error&) {
  }
  checkpoint::parse_range(text);
  if (checkpoint::parse_duration(text) > INT64_MAX) std::abort();
  if (checkpoint::parse_time(text) > INT64_MAX) std::abort();
  checkpoint::printable(text);
  return 0;
}
