// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/process.h"

#include <boost/filesystem.hpp>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

constexpr std::string_view kCheckpoint = "checkpoint";

/// Writes @command in one write; 0 or an errno.
int write_command(const UniqueFd& fd, const std::string& command) {
  const ssize_t written = ::write(fd.get(), command.data(), command.size());
  if (written < 0) return errno;
  return static_cast<std::size_t>(written) == command.size() ? 0 : EIO;
}

Error no_memory(std::string name) {
  return {Error::Kind::failed, std::move(name), "has no memory: it has ended, or is the kernel's"};
}

}  // namespace

Process::Process(std::string root, std::uint64_t pid) : root_(std::move(root)), pid_(pid) {}

std::string Process::name() const {
  return str("process ", pid_);
}

std::string Process::path(std::string_view file) const {
  return str(root_, '/', pid_, file.empty() ? "" : "/", file);
}

bool Process::exists() const {
  struct stat status {};
  return ::stat(path("").c_str(), &status) == 0;
}

UniqueFd Process::open(std::string_view file, int flags) const {
  UniqueFd fd(::open(path(file).c_str(), flags | O_CLOEXEC));
  if (fd) return fd;
  const int error = errno;
  if (!exists()) throw Error(Error::Kind::failed, name(), "there is no such process");
  if (error == ESRCH) throw no_memory(name());
  if (error == ENOENT && file == kCheckpoint)
    throw Error(Error::Kind::no_interface, path(file), "this kernel has no checkpoint interface")
        .hint("boot a kernel with the patch and CONFIG_PROC_CHECKPOINT=y");
  if (error == EACCES || error == EPERM)
    throw system_failure(name(), "open " + path(file), error)
        .hint(
            "it takes the right to ptrace the process: its user, or root; see "
            "/proc/sys/kernel/yama/ptrace_scope");
  throw system_failure(name(), "open " + path(file), error);
}

int Process::send(const std::string& command) const {
  return write_command(open(kCheckpoint, O_WRONLY), command);
}

int Process::send_if(std::uint64_t start_time, const std::string& command) const {
  const UniqueFd fd = open(kCheckpoint, O_WRONLY);
  // It was that process when the file was opened if it is that one now.
  const auto now = stat();
  if (!now || now->start_time != start_time) return ESRCH;
  return write_command(fd, command);
}

std::optional<ProcessStat> Process::stat() const {
  try {
    return with_subject(path("stat"), [this] { return parse_process_stat(read_text("stat")); });
  } catch (const Error& error) {
    if (!exists() || error.system_errno() == ESRCH) return std::nullopt;
    throw;
  }
}

std::string Process::read_text(std::string_view file) const {
  return read_text(file, open(file, O_RDONLY));
}

std::string Process::read_text(std::string_view file, const UniqueFd& fd) const {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_failure(name(), "read " + path(file));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Status Process::status() const {
  return with_subject(path(kCheckpoint), [this] { return parse_status(read_text(kCheckpoint)); });
}

std::optional<Status> Process::status_if_known() const {
  try {
    const UniqueFd fd = open(kCheckpoint, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return parse_status(read_text(kCheckpoint, fd));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<Mapping> Process::maps() const {
  auto mappings = with_subject(path("maps"), [this] { return parse_maps(read_text("maps")); });
  // Some kernels open it all the same.
  if (mappings.empty()) throw no_memory(name());
  return mappings;
}

std::vector<LiveMapping> Process::live_mappings() const {
  return with_subject(path("smaps"), [this] { return parse_smaps(read_text("smaps")); });
}

std::vector<pid_t> Process::threads() const {
  namespace fs = boost::filesystem;
  std::vector<pid_t> threads;
  boost::system::error_code error;
  fs::directory_iterator entry(path("task"), error);
  if (error) throw Error(Error::Kind::failed, name(), "there is no such process");
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto tid = parse_decimal(entry->path().filename().string());
    if (tid && *tid <= INT32_MAX) threads.push_back(static_cast<pid_t>(*tid));
  }
  if (error) throw system_failure(name(), "list its threads", error.value());
  return threads;
}

std::optional<Process::Thread> Process::thread(pid_t tid) const {
  std::istringstream status;
  try {
    status.str(read_text(str("task/", tid, "/status")));
  } catch (const Error&) {
    return std::nullopt;
  }
  Thread thread;
  std::string line;
  while (std::getline(status, line)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "State:") words >> thread.state;
    if (key == "TracerPid:") words >> thread.tracer;
  }
  return thread;
}

AddressRange Process::find_mapping(std::string_view name) const {
  const std::string hint = str("'cpctl --pid ", pid_, " maps' lists them");
  return with_subject(this->name(), [&] { return checkpoint::find_mapping(maps(), name, hint); });
}

std::vector<PageCounts> Process::page_counts(const std::vector<Mapping>& mappings) const {
  const UniqueFd fd = open_pagemap();
  return with_subject(name(), [&] {
    std::vector<PageCounts> counts;
    counts.reserve(mappings.size());
    for (const Mapping& mapping : mappings)
      counts.push_back(count_pages(fd.get(), mapping.start, mapping.end));
    return counts;
  });
}

}  // namespace checkpoint
