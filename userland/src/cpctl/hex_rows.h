// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes that differ between two points, in rows as hexdump has them.
#pragma once

#include "checkpoint/diff.h"
#include "checkpoint/run_reader.h"

namespace cpctl {

/// 16 bytes at an address that is a multiple of 16, some of which differ.
struct HexRow {
  static constexpr std::size_t kBytes = 16;
  std::uint64_t address = 0;
  std::array<std::uint8_t, kBytes> before{};
  std::array<std::uint8_t, kBytes> after{};
};

class HexRows {
 public:
  /// @limit: how many rows to give in all; 0: all.
  HexRows(const checkpoint::Snapshot& before, const checkpoint::Snapshot& after,
          std::uint64_t limit);

  /// Calls @row for those of a run that changed, as long as there may be more.
  void visit(const checkpoint::DiffRun& run, const std::function<void(const HexRow&)>& row);

  /// Rows were left out.
  [[nodiscard]] bool limited() const { return limited_; }

 private:
  struct Side {
    explicit Side(const checkpoint::Snapshot& point) : snapshot(&point), reader(point) {}
    /// The page at @address; nullopt: its file went away meanwhile.
    std::optional<checkpoint::ByteView> page(std::uint64_t address);
    const checkpoint::Snapshot* snapshot;
    checkpoint::RunReader reader;
  };

  void visit_page(std::uint64_t address, const std::function<void(const HexRow&)>& row);

  Side before_;
  Side after_;
  std::uint64_t limit_;
  std::uint64_t given_ = 0;
  bool limited_ = false;
};

/// Two lines, "  0x10000 - 61 ...  |a...|" and the same with a plus.
std::string hex_row_text(const HexRow& row);

}  // namespace cpctl
