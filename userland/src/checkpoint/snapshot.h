// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of a process at the time of a chain's newest image.
#pragma once

#include "checkpoint/chain.h"

namespace checkpoint {

class Snapshot {
 public:
  /// Resolves @chain, which must outlive the snapshot.
  explicit Snapshot(const Chain& chain) : chain_(&chain), runs_(chain.resolve()) {}

  [[nodiscard]] const Chain& chain() const { return *chain_; }
  [[nodiscard]] const std::vector<ResolvedRun>& runs() const { return runs_; }

  /// Bytes of all data runs.
  [[nodiscard]] std::uint64_t data_bytes() const;

  /// nullptr: not mapped.
  [[nodiscard]] const ResolvedRun* run_at(std::uint64_t address) const;
  [[nodiscard]] PageState state_at(std::uint64_t address) const;

  /// The bytes of [start, end), which must lie in the data run @run.
  [[nodiscard]] static ByteView bytes(const ResolvedRun& run, std::uint64_t start,
                                      std::uint64_t end);

  /// Fills @page, kPageSize bytes, with the page at the page-aligned
  /// @address: data or zeros; else @page is left as it was.
  [[nodiscard]] PageState read_page(std::uint64_t address, std::span<std::byte> page) const;

 private:
  const Chain* chain_;
  std::vector<ResolvedRun> runs_;
};

}  // namespace checkpoint
