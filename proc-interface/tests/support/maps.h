// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel says of a process's mappings and pages.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "memory.h"

namespace test {

/// A line of /proc/<pid>/maps.
struct Mapping {
  Range range;
  std::uint32_t protection = 0;  // PROT_*
  bool shared = false;
  std::uint64_t offset = 0;
  unsigned major = 0, minor = 0;
  std::uint64_t inode = 0;
  std::string name;
};

/// All mappings of a process, @pid 0: of this one.
std::vector<Mapping> mappings_of(pid_t pid);
/// Those that overlap the range, cut to it, offsets included.
std::vector<Mapping> mappings_in(pid_t pid, const Range& range);

/// The sum of a field of /proc/self/smaps, in bytes, over the mappings that
/// overlap the range: "AnonHugePages", "Rss", ...
std::uint64_t smaps_bytes(const Range& range, const std::string& field);

/// Whether all mappings of this process that overlap the range have a flag,
/// such as "sd", in the VmFlags of /proc/self/smaps.
bool smaps_flag(const Range& range, const std::string& flag);

/// An entry of /proc/self/pagemap.
struct PageMapEntry {
  std::uint64_t bits = 0;
  [[nodiscard]] bool present() const { return bits >> 63 & 1; }
  [[nodiscard]] bool swapped() const { return bits >> 62 & 1; }
  [[nodiscard]] bool soft_dirty() const { return bits >> 55 & 1; }
  /// By userfaultfd, not by a capture.
  [[nodiscard]] bool write_protected() const { return bits >> 57 & 1; }
  [[nodiscard]] std::uint64_t frame() const { return bits & ((std::uint64_t{1} << 55) - 1); }
};
std::vector<PageMapEntry> pagemap(const Range& range);
/// One letter for each page: p for those that userfaultfd protects, w for others.
std::string write_protection(const Range& range);

/// A frame that was retired, or feigned to be bad, is good again.
void heal(std::uint64_t frame);

}  // namespace test
