// SPDX-License-Identifier: GPL-2.0-or-later
// Where bytes go, front to back.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Takes all of @bytes or throws Error.
  virtual void write(ByteView bytes) = 0;

  /// The same of @count zeros; a file may keep a hole instead.
  virtual void write_zeros(std::uint64_t count);
};

class MemorySink : public Sink {
 public:
  void write(ByteView bytes) override { append_bytes(bytes_, bytes); }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// An open file descriptor that is somebody else's; @name is for errors.
class FdSink : public Sink {
 public:
  FdSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void write(ByteView bytes) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace checkpoint
