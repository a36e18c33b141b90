// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel itself writes in the memory of threads, rseq(2).
#pragma once

#include <vector>

#include "checkpoint/process_memory.h"

namespace checkpoint {

/// The areas that threads have registered: which CPU each is on, and where it is in a sequence
/// that is to be restarted.  They go with the registers and not with the memory: the kernel
/// may take them for what it has written last, and a program for the CPU it is on.
class RseqAreas {
 public:
  /// As they are now, of @threads, which are stopped by ptrace.
  RseqAreas(const std::vector<pid_t>& threads, const ProcessMemory& memory);

  /// Writes those that have changed as they were.
  void put_back(ProcessMemory& memory) const;

 private:
  struct Area {
    std::uint64_t address;
    Bytes bytes;
  };
  std::vector<Area> areas_;
};

}  // namespace checkpoint
