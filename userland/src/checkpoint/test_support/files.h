// SPDX-License-Identifier: GPL-2.0-or-later
// Files for tests.
#pragma once

#include <string>
#include <string_view>

#include "checkpoint/bytes.h"

namespace checkpoint {

/// A directory that goes with its contents.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const;

  /// Names of the entries, sorted and separated by spaces.
  [[nodiscard]] std::string list() const;

 private:
  std::string path_;
};

void write_file(const std::string& path, ByteView bytes);
void write_file(const std::string& path, std::string_view text);
std::string read_file(const std::string& path);
void make_directories(const std::string& path);

/// @count bytes of @fill.
Bytes filled(std::size_t count, unsigned char fill);

/// The bytes as text, to compare and print.
std::string to_text(ByteView bytes);

}  // namespace checkpoint
