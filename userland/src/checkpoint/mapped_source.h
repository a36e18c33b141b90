// SPDX-License-Identifier: GPL-2.0-or-later
// The files that images refer to for pages that the process had not modified.
#pragma once

#include <optional>

#include "checkpoint/sink.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// Reads mapped files, after making sure that each still is the one that the
/// image means: same device, inode, size and modification time.
class MappedSource {
 public:
  /// Copies @size bytes of the file of @mapping, as mapped at @address, to
  /// @sink; behind the end of the file are zeros.  Throws Error when the file
  /// is not that one any more.
  void copy(const Mapping& mapping, std::uint64_t address, std::uint64_t size, Sink& sink);

  /// Only makes sure.
  void check(const Mapping& mapping) { open(mapping); }

 private:
  void open(const Mapping& mapping);

  std::optional<Mapping> current_;
  UniqueFd fd_;
};

}  // namespace checkpoint
