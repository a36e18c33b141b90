// SPDX-License-Identifier: GPL-2.0-or-later
#include "slow_kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>

#include "checkpoint/test_support/live_child.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::str;

/// What the descriptors of a process are.
std::map<int, std::string> descriptors(pid_t pid) {
  const std::string directory = str("/proc/", pid, "/fd/");
  std::map<int, std::string> found;
  if (DIR* entries = ::opendir(directory.c_str())) {
    while (const dirent* entry = ::readdir(entries)) {
      char target[4096];
      const ssize_t size = ::readlink((directory + entry->d_name).c_str(), target, sizeof target);
      if (size > 0) found[std::stoi(entry->d_name)] = {target, static_cast<std::size_t>(size)};
    }
    ::closedir(entries);
  }
  return found;
}

bool is_for_writing(pid_t pid, int fd) {
  const std::string info = checkpoint::read_file(str("/proc/", pid, "/fdinfo/", fd));
  const std::string key = "flags:\t";
  const std::size_t at = info.find(key);
  return at != std::string::npos &&
         (std::stoul(info.substr(at + key.size()), nullptr, 8) & O_ACCMODE) == O_WRONLY;
}

}  // namespace

// What is written to a FIFO that is full waits until somebody reads.
SlowKernel::SlowKernel(const checkpoint::FakeProc& proc, const std::string& status)
    : file_(proc.file("checkpoint")) {
  if (::mkfifo(file_.c_str(), 0600) != 0) throw checkpoint::system_failure(file_, "make");
  fifo_.reset(::open(file_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  const std::string full(4096, 'x');
  while (::write(fifo_.get(), full.data(), full.size()) > 0) continue;
  checkpoint::write_file(file_ + ".status", status);
}

void SlowKernel::begin(pid_t pid) const {
  EXPECT_TRUE(checkpoint::eventually([&] {
    // (before exec(), it has the test's own: for reading, too)
    for (const auto& [fd, name] : descriptors(pid))
      if (name == file_ && is_for_writing(pid, fd)) return true;
    return false;
  }));
  if (std::rename((file_ + ".status").c_str(), file_.c_str()) != 0)
    throw checkpoint::system_failure(file_, "rename");
}

std::string SlowKernel::stream(pid_t pid) {
  for (const auto& [fd, name] : descriptors(pid))
    if (fd > STDERR_FILENO && name.starts_with("pipe:") && is_for_writing(pid, fd))
      return str("/proc/", pid, "/fd/", fd);
  ADD_FAILURE() << "process " << pid << " has no pipe";
  return "/dev/null";
}

void SlowKernel::end() const {
  char buffer[4096];
  while (::read(fifo_.get(), buffer, sizeof buffer) > 0) continue;
}

}  // namespace cpctl
