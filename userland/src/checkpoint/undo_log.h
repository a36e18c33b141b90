// SPDX-License-Identifier: GPL-2.0-or-later
// What memory held before it was written over.
#pragma once

#include "checkpoint/process_memory.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// A file without a name in TMPDIR, or /tmp.  It needs no memory of its own,
/// however much it holds.
class UndoLog {
 public:
  /// The most bytes of one append().
  static constexpr std::size_t kMostBytes = 1 << 20;

  /// Has the room for @pages pages reserved where the file system can do that.
  /// Throws Error.
  explicit UndoLog(std::uint64_t pages);

  /// The pages at @address hold @bytes.  Throws Error.
  void append(std::uint64_t address, ByteView bytes);

  struct Outcome {
    std::uint64_t pages_lost = 0;  ///< are not as they were
    std::uint64_t first_lost = 0;  ///< the address of one of them
  };
  /// Writes everything back; goes on where that fails.  Throws Error when the
  /// log cannot be read.
  [[nodiscard]] Outcome put_back(ProcessMemory& memory) const;

 private:
  std::string directory_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace checkpoint
