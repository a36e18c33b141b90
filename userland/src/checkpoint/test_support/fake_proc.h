// SPDX-License-Identifier: GPL-2.0-or-later
// A made-up /proc with one process, and a made-up kernel behind its checkpoint
// file.
#pragma once

#include <string>
#include <thread>

#include "checkpoint/test_support/files.h"

namespace checkpoint {

inline constexpr std::uint64_t kFakePid = 4321;

/// What the status of the made-up process is.
std::string fake_status();

class FakeProc {
 public:
  /// A process with maps and pagemap, without a checkpoint file.
  FakeProc();
  ~FakeProc();

  [[nodiscard]] const std::string& root() const { return dir_.path(); }
  [[nodiscard]] std::string file(std::string_view name) const;

  /// The checkpoint file gives @status.
  void set_status(std::string_view status) { write_file(file("checkpoint"), status); }

  /// Every write to the checkpoint file fails with ENOSPC.
  void fail_writes();

  /// The checkpoint file takes one command, and then gives @status once.
  void serve(const std::string& status);

  /// The command that it took.
  std::string served();

 private:
  TempDir dir_;
  std::thread kernel_;
  std::string command_;
};

}  // namespace checkpoint
