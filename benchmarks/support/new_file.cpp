// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace bench {

NewFile::NewFile(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), path);
}

void NewFile::write(const void* data, std::size_t bytes, std::size_t piece) {
  const auto* at = static_cast<const std::byte*>(data);
  while (bytes > 0) {
    const ssize_t done = ::write(fd_.get(), at, std::min(bytes, piece));
    if (done < 0) throw std::system_error(errno, std::generic_category(), "write");
    at += done;
    bytes -= static_cast<std::size_t>(done);
    written_ += static_cast<std::size_t>(done);
  }
}

void NewFile::sync() {
  if (fsync(fd_.get()) != 0) throw std::system_error(errno, std::generic_category(), "fsync");
}

}  // namespace bench
