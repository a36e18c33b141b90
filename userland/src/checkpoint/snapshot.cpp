// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/snapshot.h"

#include "checkpoint/search.h"

namespace checkpoint {

std::uint64_t Snapshot::data_bytes() const {
  std::uint64_t bytes = 0;
  for (const ResolvedRun& run : runs_)
    if (run.state == PageState::data) bytes += run.size();
  return bytes;
}

const ResolvedRun* Snapshot::run_at(std::uint64_t address) const {
  return find_containing(runs_, address);
}

PageState Snapshot::state_at(std::uint64_t address) const {
  const ResolvedRun* run = run_at(address);
  return run != nullptr ? run->state : PageState::unmapped;
}

ByteView Snapshot::bytes(const ResolvedRun& run, std::uint64_t start, std::uint64_t end) {
  return run.image->bytes(run.offset + (start - run.start), end - start);
}

PageState Snapshot::read_page(std::uint64_t address, std::span<std::byte> page) const {
  const ResolvedRun* run = run_at(address);
  if (run == nullptr) return PageState::unmapped;
  if (run->state == PageState::data) {
    const ByteView data = bytes(*run, address, address + kPageSize);
    std::copy(data.begin(), data.end(), page.begin());
  } else if (run->state == PageState::zero) {
    std::fill(page.begin(), page.end(), std::byte{0});
  }
  return run->state;
}

}  // namespace checkpoint
