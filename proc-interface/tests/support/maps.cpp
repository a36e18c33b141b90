// SPDX-License-Identifier: GPL-2.0-or-later
#include "maps.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "process.h"
#include "test.h"

namespace test {
namespace {

std::string directory_of(pid_t pid) {
  return "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid));
}

bool parse_line(const std::string& line, Mapping& mapping) {
  unsigned long start = 0, end = 0, offset = 0, inode = 0;
  char flags[5] = "";
  int name = 0;
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx %x:%x %lu%n", &start, &end, flags, &offset,
                  &mapping.major, &mapping.minor, &inode, &name) != 7)
    return false;
  mapping.range = {start, end};
  mapping.offset = offset;
  mapping.inode = inode;
  mapping.protection = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) |
                       (flags[2] == 'x' ? PROT_EXEC : 0);
  mapping.shared = flags[3] == 's';
  std::size_t begin = line.find_first_not_of(' ', static_cast<std::size_t>(name));
  if (begin != std::string::npos) mapping.name = line.substr(begin);
  // The one escape of maps.
  for (std::size_t at; (at = mapping.name.find("\\012")) != std::string::npos;)
    mapping.name.replace(at, 4, "\n");
  return true;
}

}  // namespace

std::vector<Mapping> mappings_of(pid_t pid) {
  std::istringstream lines(slurp(directory_of(pid) + "/maps"));
  std::vector<Mapping> all;
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    REQUIRE(parse_line(line, mapping), "maps:", line);
    all.push_back(mapping);
  }
  REQUIRE(!all.empty(), "no mappings of", pid);
  return all;
}

std::vector<Mapping> mappings_in(pid_t pid, const Range& range) {
  std::vector<Mapping> inside;
  for (Mapping mapping : mappings_of(pid)) {
    std::uint64_t start = std::max(mapping.range.start, range.start);
    std::uint64_t end = std::min(mapping.range.end, range.end);
    if (start >= end) continue;
    // Only a file has an offset that goes on with the address.
    if (mapping.inode != 0) mapping.offset += start - mapping.range.start;
    mapping.range = {start, end};
    inside.push_back(mapping);
  }
  return inside;
}

std::uint64_t smaps_bytes(const Range& range, const std::string& field) {
  std::istringstream lines(slurp("/proc/self/smaps"));
  std::uint64_t kilobytes = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (parse_line(line, mapping))
      inside = mapping.range.start < range.end && range.start < mapping.range.end;
    else if (inside && line.starts_with(field + ":"))
      kilobytes += std::stoull(line.substr(field.size() + 1));
  }
  return kilobytes << 10;
}

bool smaps_flag(const Range& range, const std::string& flag) {
  std::istringstream lines(slurp("/proc/self/smaps"));
  bool inside = false, everywhere = true;
  for (std::string line; std::getline(lines, line);) {
    Mapping mapping;
    if (parse_line(line, mapping))
      inside = mapping.range.start < range.end && range.start < mapping.range.end;
    else if (inside && line.starts_with("VmFlags:"))
      everywhere &= (line + " ").find(" " + flag + " ") != std::string::npos;
  }
  return everywhere;
}

std::vector<PageMapEntry> pagemap(const Range& range) {
  std::vector<PageMapEntry> entries(range.pages());
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0, std::strerror(errno));
  std::size_t bytes = entries.size() * sizeof entries[0], done = 0;
  while (done < bytes) {
    ssize_t got = pread(fd, reinterpret_cast<char*>(entries.data()) + done, bytes - done,
                        static_cast<off_t>(range.start / page_size * sizeof entries[0] + done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  close(fd);
  REQUIRE_EQ(done, bytes, "of pagemap");
  return entries;
}

std::string write_protection(const Range& range) {
  std::string letters;
  for (const PageMapEntry& entry : pagemap(range)) letters += entry.write_protected() ? 'p' : 'w';
  return letters;
}

void heal(std::uint64_t frame) {
  put("/sys/kernel/debug/hwpoison/unpoison-pfn", std::to_string(frame));
}

}  // namespace test
