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
};

class MemorySink : public Sink {
 public:
  void write(ByteView bytes) override { append_bytes(bytes_, bytes); }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace checkpoint
