// SPDX-License-Identifier: GPL-2.0-or-later
// Function entries of the kernel, counted or in their order, by kprobe events.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace test {

/// Probes as long as this lives.  Skips the case on a kernel without kprobe
/// events, or without one of the functions.
class Probes {
 public:
  explicit Probes(const std::vector<std::string>& functions);
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;
  ~Probes();

  /// How often a function was entered since the beginning.
  [[nodiscard]] std::uint64_t hits(const std::string& function) const;

  /// Also records the signals that are sent.
  static void record_signals();
  /// The names of the events of a process since the last clear(), in order;
  /// a SIGKILL that it was sent is "SIGKILL".
  [[nodiscard]] static std::vector<std::string> events_of(pid_t pid);
  static void clear();

 private:
  std::vector<std::string> functions_;
};

}  // namespace test
