// SPDX-License-Identifier: GPL-2.0-or-later
// An open file that closes itself.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "test.h"

namespace test {

class OpenFile {
 public:
  /// Opens it; with O_CREAT, mode 0600.  Fails the case when it can't.
  OpenFile(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    REQUIRE(fd_ >= 0, path, std::strerror(errno));
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace test
