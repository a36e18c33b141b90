// SPDX-License-Identifier: GPL-2.0-or-later
// The process whose memory is saved: a process of its own, so that what the
// measuring one does to its memory does not count.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace bench {

class Subject {
 public:
  /// Forks, and waits until the child has its memory: @bytes private and
  /// anonymous, of which every @stride-th page is written, each with other
  /// contents.  It then sleeps until it is killed.
  explicit Subject(std::size_t bytes, std::size_t stride = 1);
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t resident() const { return resident_; }

  /// Reads all of it: no repeat finds memory that has gone cold,
  /// which in a guest can be memory that the host has to find again.
  void touch() const;

  /// SIGSTOP, and wait until it has stopped.
  void stop() const;
  void resume() const;

 private:
  pid_t pid_ = -1;
  std::uint64_t start_ = 0;
  std::size_t bytes_;
  std::size_t resident_;
};

/// @bytes of private anonymous memory in 4 KiB pages, every @stride-th written.
std::byte* make_memory(std::size_t bytes, std::size_t stride);

/// As Subject::touch(), of one's own memory: a byte of each page.
void touch_memory(const std::byte* memory, std::size_t bytes);

}  // namespace bench
