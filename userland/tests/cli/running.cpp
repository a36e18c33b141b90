// SPDX-License-Identifier: GPL-2.0-or-later
#include "running.h"

#include <dirent.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "checkpoint/text.h"
#include "cli.h"
#include "cpctl/progress.h"

namespace cpctl {
namespace {

using checkpoint::str;

int count_threads(pid_t pid) {
  int count = 0;
  if (DIR* directory = ::opendir(str("/proc/", pid, "/task").c_str())) {
    while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
    ::closedir(directory);
  }
  return count;
}

}  // namespace

Running::Running(const std::vector<std::string>& arguments, int out, int err, int in) {
  std::vector<char*> argv = {const_cast<char*>(cpctl_program)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (in != STDIN_FILENO) ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  ::setenv("TERM", "xterm", 1);
  if (::posix_spawn(&pid_, cpctl_program, &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
  ::posix_spawn_file_actions_destroy(&actions);
}

Running::~Running() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  wait();
}

int Running::wait() {
  int status = -1;
  if (pid_ > 0) ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

bool Running::ended() const {
  siginfo_t info{};
  return pid_ <= 0 ||
         ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid != 0;
}

std::string Running::crawl_until(const checkpoint::Pty& terminal, const std::string& text) const {
  constexpr std::chrono::microseconds moment{1000};
  std::string drawn;
  // (the other thread is that of the progress)
  while (!ended() && count_threads(pid_) < 2) std::this_thread::sleep_for(moment / 10);
  while (!ended() && drawn.find(text) == std::string::npos) {
    ::kill(pid_, SIGSTOP);
    std::this_thread::sleep_for(ProgressBar::kInterval + 10 * moment);
    ::kill(pid_, SIGCONT);
    std::this_thread::sleep_for(moment);
    drawn += terminal.read_rest();
  }
  return drawn + terminal.read_rest();
}

}  // namespace cpctl
