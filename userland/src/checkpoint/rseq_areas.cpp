// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/rseq_areas.h"

#include <sys/ptrace.h>

namespace checkpoint {

RseqAreas::RseqAreas(const std::vector<pid_t>& threads, const ProcessMemory& memory) {
  for (const pid_t thread : threads) {
    __ptrace_rseq_configuration found{};
    // It fails where the kernel has no rseq.
    if (::ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread, sizeof found, &found) <= 0 ||
        found.rseq_abi_pointer == 0)
      continue;
    Area area{.address = found.rseq_abi_pointer, .bytes = Bytes(found.rseq_abi_size)};
    memory.read(area.address, area.bytes);
    areas_.push_back(std::move(area));
  }
}

void RseqAreas::put_back(ProcessMemory& memory) const {
  for (const Area& area : areas_) {
    Bytes now(area.bytes.size());
    memory.read(area.address, now);
    if (now != area.bytes) memory.write(area.address, area.bytes);
  }
}

}  // namespace checkpoint
