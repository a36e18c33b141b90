// SPDX-License-Identifier: GPL-2.0-or-later
#include "process.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "test.h"

extern char** environ;

namespace test {
namespace {

constexpr char paused = 'p', told = 't', go_on = 'g';

int reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// It has said that it will wait; on its way there it still writes to its stack.
void wait_until_asleep(pid_t pid) {
  for (int tries = 0; tries < 5000; tries++) {
    const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat[name_end + 2] == 'S') return;
    usleep(1000);
  }
}

}  // namespace

pid_t spawn(const std::vector<std::string>& arguments, int stdout_fd) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (stdout_fd >= 0) {
    posix_spawn_file_actions_adddup2(&actions, stdout_fd, 1);
    posix_spawn_file_actions_adddup2(&actions, stdout_fd, 2);
  }
  pid_t pid = -1;
  int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE_EQ(error, 0, "starting", arguments[0], std::strerror(error));
  return pid;
}

Output run(const std::vector<std::string>& arguments) {
  int ends[2];
  REQUIRE_CALL(pipe2(ends, O_CLOEXEC));
  Output output;
  pid_t pid = -1;
  try {
    pid = spawn(arguments, ends[1]);
  } catch (const Failure&) {
    output.status = 127;
  }
  close(ends[1]);
  char buffer[65536];
  ssize_t got;
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
    output.text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  if (pid != -1) output.status = reap(pid);
  return output;
}

std::string program(const std::string& name) {
  std::filesystem::path tests = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return tests.parent_path() / "programs" / name;
}

std::string cpctl() {
  const char* directory = std::getenv("CPCTL_DIR");
  REQUIRE(directory != nullptr, "CPCTL_DIR says where cpctl was built");
  return std::string(directory) + "/src/cpctl/cpctl";
}

void Child::Steps::pause() {
  char byte = 0;
  if (write(out_, &paused, 1) != 1 || read(in_, &byte, 1) != 1) _exit(1);
}

void Child::Steps::tell(std::uint64_t value) {
  if (write(out_, &told, 1) != 1 || write(out_, &value, sizeof value) != sizeof value) _exit(1);
}

Child::Child(const std::function<void(Steps&)>& body) {
  int to_child[2], to_parent[2];
  REQUIRE_CALL(pipe2(to_child, O_CLOEXEC));
  REQUIRE_CALL(pipe2(to_parent, O_CLOEXEC));
  std::cout.flush();
  pid_ = fork();
  REQUIRE_CALL(pid_);
  if (pid_ == 0) {
    // A child that waits must not outlive a test that was killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(to_child[1]);
    close(to_parent[0]);
    Steps steps;
    steps.in_ = to_child[0];
    steps.out_ = to_parent[1];
    int before = failure_count(), status = 1;
    try {
      body(steps);
      status = failure_count() == before ? 0 : 1;
    } catch (const std::exception& error) {
      std::cout << "# child: " << error.what() << std::endl;
    }
    _exit(status);
  }
  close(to_child[0]);
  close(to_parent[1]);
  out_ = to_child[1];
  in_ = to_parent[0];
  REQUIRE(wait_for_pause(), "the child ended before its first pause");
}

Child::~Child() {
  kill();
  close(in_);
  close(out_);
}

bool Child::wait_for_pause() {
  char byte = 0;
  while (read(in_, &byte, 1) == 1) {
    if (byte == paused) {
      wait_until_asleep(pid_);
      return true;
    }
    std::uint64_t value = 0;
    if (read(in_, &value, sizeof value) != sizeof value) return false;
    values_.push_back(value);
  }
  return false;
}

void Child::step() {
  go();
  REQUIRE(wait_for_pause(), "the child ended");
}

bool Child::step_or_die() {
  REQUIRE_EQ(write(out_, &go_on, 1), 1);
  return wait_for_pause();
}

std::uint64_t Child::value() {
  REQUIRE(!values_.empty(), "the child told nothing");
  std::uint64_t value = values_.front();
  values_.erase(values_.begin());
  return value;
}

void Child::go() {
  REQUIRE_EQ(write(out_, &go_on, 1), 1);
}

void Child::leave() {
  go();
  // Its ends of the pipes close on exec as well as on exit.
  REQUIRE(!wait_for_pause(), "the child paused again");
}

void Child::finish() {
  go();
  int status = reap(std::exchange(pid_, -1));
  REQUIRE_EQ(status, 0, "of the child");
}

void Child::kill() {
  if (pid_ == -1) return;
  ::kill(pid_, SIGKILL);
  reap(std::exchange(pid_, -1));
}

void become_user(uid_t uid) {
  REQUIRE_CALL(setgroups(0, nullptr));
  REQUIRE_CALL(setresgid(uid, uid, uid));
  REQUIRE_CALL(setresuid(uid, uid, uid));
  // A change of uid takes a process's own /proc files from it.
  REQUIRE_CALL(prctl(PR_SET_DUMPABLE, 1));
}

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int put(const std::string& path, std::string_view text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

std::uint64_t number_in(const std::string& path, std::string_view key) {
  std::istringstream lines(slurp(path));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key) && line.find_first_of(": ") == key.size())
      return std::stoull(line.substr(key.size() + 1));
  REQUIRE(false, "no", key, "in", path);
  return 0;
}

bool exists(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0;
}

void keep_no_free_pages_aside() {
  // A share of the memory so small that the least possible is taken.
  REQUIRE_EQ(put("/proc/sys/vm/percpu_pagelist_high_fraction", "1000000"), 0);
}

std::uint64_t free_memory() {
  return number_in("/proc/meminfo", "MemFree");
}

void expect_free_memory(std::uint64_t kib) {
  // Freed pages may take a moment to come back from per-CPU lists.
  std::uint64_t now = free_memory();
  for (int tries = 0; tries < 100 && now < kib; tries++) {
    usleep(50000);
    now = free_memory();
  }
  EXPECT(now >= kib, "KiB free:", now, "of", kib);
}

}  // namespace test
