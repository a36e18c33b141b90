// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "process.h"
#include "test.h"

namespace test {
namespace {

const std::string tracing = "/sys/kernel/tracing/";
const std::string group = "checkpoint_test";

int append(const std::string& path, const std::string& text) {
  int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

void remove_all(const std::vector<std::string>& functions) {
  put(tracing + "events/" + group + "/enable", "0");
  for (const std::string& function : functions)
    append(tracing + "kprobe_events", "-:" + group + "/" + function);
}

}  // namespace

Probes::Probes(const std::vector<std::string>& functions) : functions_(functions) {
  if (!exists(tracing + "kprobe_events")) SKIP("the kernel has no kprobe events");
  remove_all(functions_);
  for (const std::string& function : functions_) {
    int error = append(tracing + "kprobe_events", "p:" + group + "/" + function + " " + function);
    if (error == 0) continue;
    remove_all(functions_);
    SKIP("no probe of " + function + ": " + std::strerror(error));
  }
  REQUIRE_EQ(put(tracing + "trace_clock", "mono"), 0);
  REQUIRE_EQ(put(tracing + "events/" + group + "/enable", "1"), 0);
  clear();
}

Probes::~Probes() {
  put(tracing + "events/signal/signal_generate/enable", "0");
  remove_all(functions_);
  put(tracing + "trace_clock", "local");
  clear();
}

std::uint64_t Probes::hits(const std::string& function) const {
  std::istringstream lines(slurp(tracing + "kprobe_profile"));
  std::string name;
  for (std::uint64_t hit = 0, missed = 0; lines >> name >> hit >> missed;)
    if (name == function) return hit + missed;
  REQUIRE(false, "no profile of", function);
  return 0;
}

void Probes::record_signals() {
  REQUIRE_EQ(put(tracing + "events/signal/signal_generate/enable", "1"), 0);
}

// "  writer-123   [001] d..1.    12.345678: cp_pmd_entry: (cp_pmd_entry+0x0/0x310)"
// "    bash-1     [000] d..1.    12.3: signal_generate: sig=9 errno=0 code=0 comm=x pid=123 ..."
std::vector<std::string> Probes::events_of(pid_t pid) {
  std::istringstream lines(slurp(tracing + "trace"));
  std::vector<std::string> events;
  const std::string by = "-" + std::to_string(pid), to = " pid=" + std::to_string(pid) + " ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t cpu = line.find(" [");
    if (cpu == std::string::npos) continue;
    if (line.find(" signal_generate: sig=9 ") != std::string::npos) {
      if (line.find(to) != std::string::npos) events.emplace_back("SIGKILL");
      continue;
    }
    const std::size_t end = line.find_last_not_of(' ', cpu) + 1;
    if (!std::string_view(line).substr(0, end).ends_with(by)) continue;
    const std::size_t name = line.find(": ", cpu) + 2;
    events.push_back(line.substr(name, line.find(':', name) - name));
  }
  return events;
}

void Probes::clear() {
  int fd = open((tracing + "trace").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd >= 0) close(fd);
}

}  // namespace test
