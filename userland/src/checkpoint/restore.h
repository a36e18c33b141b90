// SPDX-License-Identifier: GPL-2.0-or-later
// Gives a live process the memory back that it had.
#pragma once

#include "checkpoint/layout_check.h"
#include "checkpoint/restore_plan.h"

namespace checkpoint {

struct RestoreRequest {
  std::optional<AddressRange> range;  ///< page aligned; none: the image's
  std::string map_name;               ///< whose range that is now; empty: nobody's
  SharedPages shared = SharedPages::refuse;
  /// Leave alone what is mapped now and was not then, and what the mappings of
  /// that name have beyond the image's range.
  bool leave_extra = false;
  bool other_process = false;  ///< the process need not be the image's
  bool dry_run = false;        ///< check everything, write nothing
};

struct RestoreReport {
  AddressRange range;
  RestorePlan plan;  ///< what has been written, or would have been
  std::vector<ExtraRange> extra;
  std::size_t threads = 0;
  std::uint64_t stopped_ns = 0;  ///< how long the process stood still
};

/// Stops @process, compares its memory with @snapshot, whose checksums have
/// been compared, and writes the pages that differ.  Registers, descriptors
/// and mappings stay as they are.  A range of which the snapshot has no page at
/// all is an error, and the process is not stopped for it.  Everything is checked before the first
/// byte is written; if writing fails, or a signal ends it, the old contents are put back.  The
/// process goes on, unless that fails: then it gets a SIGSTOP. Throws Error, which tells whether
/// putting back worked.
RestoreReport restore(const Process& process, const Snapshot& snapshot,
                      const RestoreRequest& request, Steps& steps = no_steps());

/// What becomes of a process whose old contents cannot be put back: it stays stopped once it is
/// let go.  False: it may not be stopped.
bool leave_stopped(const Process& process);

/// The last step by itself: writes @plan.  @at_pause is called before each
/// write, and may throw; @at_loss when old contents cannot be put back, and whether that stops it.
void write_plan(const RestorePlan& plan, const Snapshot& snapshot, ProcessMemory& memory,
                const std::function<void()>& at_pause, const std::function<bool()>& at_loss,
                Steps& steps = no_steps());

}  // namespace checkpoint
