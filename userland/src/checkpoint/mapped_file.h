// SPDX-License-Identifier: GPL-2.0-or-later
// A regular file, mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace checkpoint {

class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error when @path is no regular file or cannot be read.
  explicit MappedFile(const std::string& path);
  /// The open file @fd, which may be closed then; @name is for errors.
  MappedFile(int fd, const std::string& name);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// Valid as long as this object, wherever it is moved to.
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  /// Both are the same file, whatever the paths.
  [[nodiscard]] bool same_file(const MappedFile& other) const {
    return inode_ != 0 && device_ == other.device_ && inode_ == other.inode_;
  }

 private:
  void map(int fd, const std::string& name);

  std::span<const std::byte> bytes_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace checkpoint
