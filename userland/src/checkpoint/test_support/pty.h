// SPDX-License-Identifier: GPL-2.0-or-later
// A terminal, and what is written to it.
#pragma once

#include <string>

#include "checkpoint/unique_fd.h"

namespace checkpoint {

class Pty {
 public:
  explicit Pty(unsigned short columns);

  /// The terminal, for a program.
  [[nodiscard]] int terminal() const { return terminal_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// What was written, up to and with @text; what came until then after half a
  /// minute without it.
  [[nodiscard]] std::string read_until(const std::string& text) const;
  /// What was written so far and not read yet.
  [[nodiscard]] std::string read_rest() const;

 private:
  [[nodiscard]] bool read_some(std::string& text, int milliseconds) const;

  UniqueFd master_;
  UniqueFd terminal_;
  std::string path_;
};

}  // namespace checkpoint
