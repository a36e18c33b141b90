// SPDX-License-Identifier: GPL-2.0-or-later
// io_uring with one registered buffer: memory that the kernel writes to by pages
// that it holds, not by addresses.
#pragma once

#include <linux/io_uring.h>

#include <cstddef>
#include <cstdint>

namespace test {

/// A ring of one entry.  Skips the case where there is no io_uring.
class Ring {
 public:
  /// Registers the pages that are at @buffer now.
  Ring(void* buffer, std::size_t bytes);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  /// The kernel lets the pages go some time after this.
  ~Ring();

  /// The kernel reads from @file into the registered buffer.  Returns cqe.res.
  int read_fixed(int file, void* to, unsigned bytes, std::uint64_t offset);
  /// The same in two steps.
  void submit(int file, void* to, unsigned bytes, std::uint64_t offset);
  int wait();

 private:
  [[nodiscard]] std::size_t submission_bytes() const;
  [[nodiscard]] std::size_t completion_bytes() const;
  [[nodiscard]] unsigned char* map(std::size_t bytes, std::uint64_t offset) const;

  io_uring_params parameters_{};
  int fd_ = -1;
  unsigned char* submission_ = nullptr;
  unsigned char* completion_ = nullptr;
  io_uring_sqe* entry_ = nullptr;
};

}  // namespace test
