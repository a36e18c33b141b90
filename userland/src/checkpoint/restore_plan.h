// SPDX-License-Identifier: GPL-2.0-or-later
// What has to be written to give a stopped process the memory of an image.
#pragma once

#include <functional>

#include "checkpoint/maps.h"
#include "checkpoint/process_memory.h"
#include "checkpoint/snapshot.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// What to do about pages of shared mappings, which other processes see, too.
enum class SharedPages {
  refuse,  ///< an error if one differs
  keep,    ///< leave them as they are, without a look
  write,
};

/// Pages [start, end) of @run that differ from memory.
struct PlannedWrite {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  const ResolvedRun* run = nullptr;

  [[nodiscard]] std::uint64_t pages() const { return (end - start) / kPageSize; }
};

struct RestorePlan {
  std::vector<PlannedWrite> writes;  ///< ascending
  std::uint64_t pages_data = 0;      ///< to write, by where the bytes are from
  std::uint64_t pages_zero = 0;
  std::uint64_t pages_file = 0;
  std::uint64_t pages_same = 0;
  std::uint64_t pages_skipped = 0;  ///< not in the image
  std::uint64_t pages_kept = 0;     ///< shared, and left alone

  [[nodiscard]] std::uint64_t pages() const { return pages_data + pages_zero + pages_file; }
};

/// What a plan is made from.
struct RestoreSubject {
  const Snapshot& snapshot;
  AddressRange range;
  const std::vector<LiveMapping>& mappings;  ///< checked by check_layout()
  SharedPages shared = SharedPages::refuse;
  const ProcessMemory& memory;
  int pagemap_fd = -1;
  std::function<void()> at_pause;  ///< called now and then; may throw
  Steps& steps = no_steps();       ///< hears of the image's data
};

/// Compares the range, page by page.  Nothing is written, and pages that are
/// not there stay so.  Throws Error where a page that differs cannot be, or
/// must not be written.
RestorePlan plan_restore(const RestoreSubject& subject);

}  // namespace checkpoint
