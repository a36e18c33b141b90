// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a snapshot's runs, pages of mapped files included.
#pragma once

#include <optional>

#include "checkpoint/mapped_source.h"
#include "checkpoint/snapshot.h"

namespace checkpoint {

class RunReader {
 public:
  /// The most that is read at once.
  static constexpr std::uint64_t kWindow = 65536;

  explicit RunReader(const Snapshot& snapshot) : snapshot_(&snapshot), buffer_(kWindow) {}

  /// The bytes [start, end) of @run, which is one of the snapshot's; valid
  /// until the next call.  nullopt: nobody has them, why() says why.
  std::optional<ByteView> read(const ResolvedRun& run, std::uint64_t start, std::uint64_t end);

  /// Of the last read() that gave none.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  const Snapshot* snapshot_;
  MappedSource files_;
  Bytes buffer_;
  const Mapping* unreadable_ = nullptr;  ///< the file is not asked for again
  std::string why_;
};

}  // namespace checkpoint
