// SPDX-License-Identifier: GPL-2.0-or-later
// The files that images refer to for pages that the process had not modified.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/sink.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// Reads mapped files, after making sure that each still is the one that the
/// image means: same device and inode (but for overlayfs), size and modification time.
class MappedSource {
 public:
  /// Throws Error unless the file of @mapping is there and still that one.
  void check(const Mapping& mapping) { open(mapping); }

  /// Whether check() would throw.  What it would is added to @problems, once for all mappings
  /// of a file, or thrown with @hint if that is nullptr.
  bool is_lost(const Mapping& mapping, std::vector<std::string>* problems, const char* hint);

  /// Fills @bytes with those of the file of @mapping, as mapped at @address;
  /// behind the end of the file are zeros.  Throws Error as check() does.
  void read(const Mapping& mapping, std::uint64_t address, std::span<std::byte> bytes);

  /// Copies @size such bytes to @sink.
  void copy(const Mapping& mapping, std::uint64_t address, std::uint64_t size, Sink& sink);

 private:
  void open(const Mapping& mapping);
  std::size_t read_some(const Mapping& mapping, std::uint64_t address, std::span<std::byte> bytes);

  std::optional<Mapping> current_;
  UniqueFd fd_;
};

}  // namespace checkpoint
