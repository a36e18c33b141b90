// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

MappedFile::MappedFile(const std::string& path) {
  // O_NONBLOCK: a FIFO by mistake must not hang before fstat() tells.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw system_failure(path, "open");
  map(fd.get(), path);
}

MappedFile::MappedFile(int fd, const std::string& name) {
  map(fd, name);
}

void MappedFile::map(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_failure(name, "stat");
  if (S_ISDIR(status.st_mode))
    throw Error(Error::Kind::failed, name, "is a directory")
        .expected("an image")
        .hint("'cpctl list' shows the images in a directory");
  if (!S_ISREG(status.st_mode))
    throw Error(Error::Kind::failed, name, "is no regular file")
        .hint("'-' reads an image from a pipe");
  device_ = status.st_dev;
  inode_ = status.st_ino;
  if (status.st_size == 0) return;

  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) throw system_failure(name, "map");
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      device_(std::exchange(other.device_, 0)),
      inode_(std::exchange(other.inode_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace checkpoint
