// SPDX-License-Identifier: GPL-2.0-or-later
// A FIFO with a slow reader: it holds a command in the middle of its image.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "checkpointer.h"

namespace test {

class Fifo {
 public:
  /// Creates it and opens the reading end.
  explicit Fifo(std::string path);
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  ~Fifo();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Room for a page: what was not read, the command knows of.
  void shrink();
  /// Returns once the command has written; the case fails if it ends before.
  void wait_for_data(CommandProcess& command) const;
  /// Takes some bytes that are there already.
  void read_some(std::size_t bytes);
  /// Takes so many bytes; the case fails if the command ends before.
  void take(std::size_t bytes, CommandProcess& command);
  /// Takes all until the writer closes.
  void drain();
  void close_reader();
  /// What was read.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void save(const std::string& path) const;

 private:
  std::string path_, bytes_;
  int fd_;
};

}  // namespace test
