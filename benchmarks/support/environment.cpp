// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "checkpoint/text.h"

namespace bench {
namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string memory() {
  const auto bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                     static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return checkpoint::size_text(bytes);
}

/// The kernel's, that images are summed with.  The first of a name is that
/// which was registered last, the fastest.
std::string crc32c() {
  std::ifstream crypto("/proc/crypto");
  bool found = false;
  for (std::string line; std::getline(crypto, line);) {
    if (line.starts_with("name")) found = line.ends_with(": crc32c");
    if (found && line.starts_with("driver")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> environment() {
  utsname name{};
  uname(&name);
  const char* host = std::getenv("BENCH_ENVIRONMENT");
  const char* clock = std::getenv("BENCH_CLOCK");
  return {{"kernel", name.release},
          {"processor", processor()},
          {"processors", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
          {"memory", memory()},
          {"crc32c", crc32c()},
          {"clock", clock ? clock : "time"},
          {"machine", host ? host : "this one"}};
}

}  // namespace bench
