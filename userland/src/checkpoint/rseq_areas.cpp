// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/rseq_areas.h"

#include <sys/ptrace.h>

namespace checkpoint {
namespace {

/// As of Linux 5.13; glibc before 2.34 has neither.
constexpr auto kGetRseqConfiguration = static_cast<__ptrace_request>(0x420f);
struct Configuration {
  std::uint64_t address;
  std::uint32_t size;
  std::uint32_t signature;
  std::uint32_t flags;
  std::uint32_t pad;
};

}  // namespace

RseqAreas::RseqAreas(const std::vector<pid_t>& threads, const ProcessMemory& memory) {
  for (const pid_t thread : threads) {
    Configuration found{};
    // It fails where the kernel has no rseq.
    if (::ptrace(kGetRseqConfiguration, thread, sizeof found, &found) <= 0 || found.address == 0)
      continue;
    Area area{.address = found.address, .bytes = Bytes(found.size)};
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
