// SPDX-License-Identifier: GPL-2.0-or-later
// A file that memory is saved to.
#pragma once

#include <cstddef>
#include <string>

#include "checkpoint/unique_fd.h"

namespace bench {

/// Bytes that are best read and written at once: they fit the second-level
/// cache, and for each page of a longer write() to tmpfs, Linux 6.12 looks at
/// up to 2 MiB of the source.
constexpr std::size_t kPiece = 256 << 10;

class NewFile {
 public:
  /// It must not exist.  Every function throws std::system_error.
  explicit NewFile(const std::string& path);

  void write(const void* data, std::size_t bytes, std::size_t piece = kPiece);
  void sync();
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  checkpoint::UniqueFd fd_;
  std::size_t written_ = 0;
};

}  // namespace bench
