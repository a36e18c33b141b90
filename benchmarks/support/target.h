// SPDX-License-Identifier: GPL-2.0-or-later
// The process whose memory is saved: a program of its own (target/), so that
// what the measuring one does to its memory does not count.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "checkpoint/process.h"
#include "support/protocol.h"

namespace bench {

struct Shape {
  std::size_t bytes = 0;
  std::size_t spacing = 1;  ///< every such page is written
  bool huge = false;
  std::size_t mappings = 1;
  std::size_t threads = 0;  ///< that sleep, beside the main one
};

/// Every function throws checkpoint::Error.
class Target {
 public:
  /// Starts it, and waits until it has its memory.
  explicit Target(const Shape& shape);
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const checkpoint::Process& process() const { return process_; }
  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] std::uint64_t end() const { return start_ + shape_.bytes; }
  [[nodiscard]] std::size_t bytes() const { return shape_.bytes; }
  /// Bytes that are there.
  [[nodiscard]] std::size_t resident() const { return resident_; }

  /// Has it do something, see protocol.h.
  Reply ask(Op op, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0,
            const std::string& path = {}) const;

  /// The two halves of it.
  void send(Op op, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0,
            const std::string& path = {}) const;
  [[nodiscard]] Reply receive() const;

  /// The pages that it wrote to, of a share of all.
  std::uint64_t dirty(double share, Pattern pattern = Pattern::scattered) const;

  /// SIGSTOP, and wait until it has stopped.
  void stop() const;
  void resume() const;

 private:
  Shape shape_;
  checkpoint::UniqueFd requests_, replies_;
  pid_t pid_;
  checkpoint::Process process_;
  std::uint64_t start_ = 0;
  std::size_t resident_ = 0;
  mutable std::uint64_t seed_ = 1;
};

}  // namespace bench
