// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/<pid>/checkpoint: write commands, read the status.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "memory.h"

namespace test {

/// "full START END PATH" with END made inclusive, and the newline.
std::string command_text(std::string_view word, const Range& range, std::string_view path);

struct TrackedRange {
  Range range;
  std::string id;
  std::uint64_t seq = 0;
};

class Status {
 public:
  explicit Status(const std::string& text);

  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
  /// Fails the case when there is no such key.
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::uint64_t number(const std::string& key) const;
  [[nodiscard]] const std::vector<TrackedRange>& ranges() const { return ranges_; }
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<TrackedRange> ranges_;
  std::vector<std::string> keys_;  // in the order they came
};

/// An open /proc/<pid>/checkpoint.  Commands return 0 or the errno.
class Checkpointer {
 public:
  /// @pid 0: this process.  Fails the case when it can't be opened.
  explicit Checkpointer(pid_t pid = 0);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  [[nodiscard]] int command(std::string_view text) const;
  [[nodiscard]] int full(const Range& range, std::string_view path) const;
  [[nodiscard]] int inc(const Range& range, std::string_view path) const;
  [[nodiscard]] int forget() const;
  [[nodiscard]] Status status() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

/// Writes @text in one write(2).  Returns 0, or the errno; a short write is EIO.
int write_command(int fd, std::string_view text);

/// The errno of opening /proc/<pid>/checkpoint for reading and writing, or 0.
int open_errno(pid_t pid);

/// "EINVAL (Invalid argument)", for messages.
std::string errno_text(int error);

/// A command that another process writes, started without fork() so that no
/// page of this process becomes shared.  The destructor kills it.
class CommandProcess {
 public:
  CommandProcess(pid_t target, const std::string& text);
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;
  ~CommandProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void kill() const;
  /// Waits.  Returns 0 or the command's errno, or -SIGNAL.
  int result();

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
  int result_ = 0;
};

}  // namespace test
