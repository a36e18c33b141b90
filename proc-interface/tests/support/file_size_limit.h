// SPDX-License-Identifier: GPL-2.0-or-later
// RLIMIT_FSIZE of this process, as long as this lives.
#pragma once

#include <sys/resource.h>

#include <cerrno>
#include <cstddef>

#include "test.h"

namespace test {

class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::size_t bytes) {
    REQUIRE_CALL(getrlimit(RLIMIT_FSIZE, &before_));
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    REQUIRE_CALL(setrlimit(RLIMIT_FSIZE, &limit));
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace test
