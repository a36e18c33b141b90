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

}  // namespace

std::vector<std::pair<std::string, std::string>> environment() {
  utsname name{};
  uname(&name);
  const char* host = std::getenv("BENCH_ENVIRONMENT");
  return {{"kernel", name.release},
          {"processor", processor()},
          {"processors", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
          {"memory", memory()},
          {"machine", host ? host : "this one"}};
}

}  // namespace bench
