// SPDX-License-Identifier: GPL-2.0-or-later
// The one door to /proc.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <optional>

#include "checkpoint/maps.h"
#include "checkpoint/pagemap.h"
#include "checkpoint/process_stat.h"
#include "checkpoint/status.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// A process, as /proc shows it.  Every function throws Error: no_interface
/// when the process is there but its checkpoint file is not.
class Process {
 public:
  /// @root: where procfs is mounted; tests put a made-up tree there.
  Process(std::string root, std::uint64_t pid);

  [[nodiscard]] std::uint64_t pid() const { return pid_; }

  /// Writes @command in one write.  Returns 0 or the errno of the write; not
  /// being able to open the file throws.
  [[nodiscard]] int send(const std::string& command) const;

  /// The same, if it still is the process that started at @start_time, as
  /// stat() says, else ESRCH: numbers of processes are used again.
  [[nodiscard]] int send_if(std::uint64_t start_time, const std::string& command) const;

  /// nullopt: there is no such process.
  [[nodiscard]] std::optional<ProcessStat> stat() const;

  /// What reading the checkpoint file gives.
  [[nodiscard]] Status status() const;

  /// The same; nothing where that fails, or may wait: what is no regular file, as
  /// in /proc, is not read.
  [[nodiscard]] std::optional<Status> status_if_known() const;

  [[nodiscard]] std::vector<Mapping> maps() const;

  /// The same from smaps, with all flags; takes longer.
  [[nodiscard]] std::vector<LiveMapping> live_mappings() const;

  /// The ids of its threads now.
  [[nodiscard]] std::vector<pid_t> threads() const;

  /// What ptrace() wants to know of a thread.
  struct Thread {
    char state = 'X';  ///< as in /proc/PID/stat
    pid_t tracer = 0;  ///< 0: nobody traces it
  };
  /// Nothing when there is no such thread any more.
  [[nodiscard]] std::optional<Thread> thread(pid_t tid) const;

  /// Opens its memory, and its pagemap.
  [[nodiscard]] UniqueFd open_memory(int flags) const { return open("mem", flags); }
  [[nodiscard]] UniqueFd open_pagemap() const { return open("pagemap", O_RDONLY); }

  /// "process 123", as errors call it.
  [[nodiscard]] std::string name() const;

  /// The range of the mappings called @name, see maps.h.
  [[nodiscard]] AddressRange find_mapping(std::string_view name) const;

  /// Counts the pages of each of @mappings.
  [[nodiscard]] std::vector<PageCounts> page_counts(const std::vector<Mapping>& mappings) const;

 private:
  [[nodiscard]] std::string path(std::string_view file) const;
  [[nodiscard]] bool exists() const;
  [[nodiscard]] UniqueFd open(std::string_view file, int flags) const;
  [[nodiscard]] std::string read_text(std::string_view file) const;
  [[nodiscard]] std::string read_text(std::string_view file, const UniqueFd& fd) const;

  std::string root_;
  std::uint64_t pid_;
};

}  // namespace checkpoint
