// SPDX-License-Identifier: GPL-2.0-or-later
// A block device that is a file.
#pragma once

#include <string>

namespace test {

class Loop {
 public:
  /// @fd: the file.  Skips the case without a loop driver.
  explicit Loop(int fd);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace test
