// SPDX-License-Identifier: GPL-2.0-or-later
// Where bytes come from, front to back, once.
#pragma once

#include <string>
#include <utility>

#include "checkpoint/bytes.h"

namespace checkpoint {

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Some bytes, one at least, into @buffer, which is not empty.  Returns how
  /// many; 0: the end.  Throws Error.
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

/// An open file descriptor that is somebody else's; @name is for errors.
class FdSource : public Source {
 public:
  FdSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace checkpoint
