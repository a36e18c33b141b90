// SPDX-License-Identifier: GPL-2.0-or-later
// A made-up /proc with one process, and a made-up kernel behind its checkpoint
// file.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "checkpoint/test_support/files.h"

namespace checkpoint {

inline constexpr std::uint64_t kFakePid = 4321;

/// When the made-up process started, as its stat says.
inline constexpr std::uint64_t kFakeStart = 123456;

/// What the status of the made-up process is.
std::string fake_status();

class FakeProc {
 public:
  /// A process with maps, pagemap and stat, without a checkpoint file.
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

  /// The checkpoint file takes commands, for good, each of which becomes the
  /// status that @kernel makes of it.
  void serve_all(std::function<std::string(const std::string& command)> kernel);

  /// With serve_all(): lets writes fail as fail_writes() does, and end that.
  void begin_failing();
  void end_failing();

  /// Has stat say when the process started; @state Z: it has ended.
  void set_stat(std::uint64_t start, char state = 'S');

  /// There is no such process any more.
  void end();

 private:
  void serve_until_stopped();
  void answer_the_last(const std::string& path, const std::string& status) const;
  void stop();

  TempDir dir_;
  TempDir fifo_;
  std::function<std::string(const std::string&)> answer_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> stopped_ = true;
  std::thread kernel_;
  std::string command_;
};

}  // namespace checkpoint
