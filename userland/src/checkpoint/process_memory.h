// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of another process.
#pragma once

#include "checkpoint/bytes.h"
#include "checkpoint/process.h"

namespace checkpoint {

/// /proc/PID/mem, which reads and writes also what the process itself may not,
/// as a debugger does: read-only private pages, and those of PROT_NONE.
class ProcessMemory {
 public:
  explicit ProcessMemory(const Process& process)
      : name_(process.name()), fd_(process.open_memory(O_RDWR)) {}
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;
  virtual ~ProcessMemory() = default;

  /// Fills @bytes.  Throws Error, with the address that cannot be read.
  void read(std::uint64_t address, std::span<std::byte> bytes) const;

  /// Throws Error, with the address that cannot be written; what is before it
  /// has been.  Where @bytes are of a mapped file that cannot be read, that is
  /// an Error too, and no SIGBUS.
  virtual void write(std::uint64_t address, ByteView bytes);

 private:
  std::string name_;
  UniqueFd fd_;
};

}  // namespace checkpoint
