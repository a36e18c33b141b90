// SPDX-License-Identifier: GPL-2.0-or-later
// A cgroup with limits, or to freeze.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace test {

/// Below /sys/fs/cgroup, with the memory controller, as long as this lives.
/// Skips the case on a machine without.
class Cgroup {
 public:
  explicit Cgroup(const std::string& name);
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  ~Cgroup();

  /// memory.max
  void limit(std::size_t bytes) const;
  void set(const std::string& file, const std::string& value) const;
  /// This process and all that it starts from now on.
  void enter() const;
  /// Back to the root, of whatever group this process is in.
  static void leave();
  [[nodiscard]] std::uint64_t number(const std::string& file) const;
  /// A number of memory.events, of memory.stat or of cgroup.events.
  [[nodiscard]] std::uint64_t memory_event(const std::string& name) const;
  [[nodiscard]] std::uint64_t memory_stat(const std::string& name) const;
  [[nodiscard]] std::uint64_t event(const std::string& name) const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

}  // namespace test
