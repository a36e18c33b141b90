// SPDX-License-Identifier: GPL-2.0-or-later
// A lock that a file's name stands for.
#pragma once

#include <optional>
#include <string>

#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// Held as long as the object lives, and by one at a time.  The file is made
/// where there is none, and removed with the object; one that a killed program
/// left is not held, and is taken over.
class HeldName {
 public:
  /// nullopt: somebody else holds it.  Throws Error.
  static std::optional<HeldName> take(const std::string& path);

  HeldName(HeldName&&) = default;
  HeldName& operator=(HeldName&&) = delete;
  ~HeldName();

 private:
  HeldName(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace checkpoint
