// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "checkpoint/error.h"

namespace bench {
namespace {

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
  dup2(1, 2);
  close_range(3, ~0U, 0);
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

/// The last line that says something went wrong, else the last.
std::string complaint(const std::string& log) {
  std::ifstream file(log);
  std::string found, last;
  for (std::string line; std::getline(file, line);) {
    if (line.find("Error") != std::string::npos) found = line;
    if (!line.empty()) last = line;
  }
  return found.empty() ? last : found;
}

}  // namespace

bool installed(const std::string& program) {
  std::istringstream path(std::getenv("PATH"));
  for (std::string directory; std::getline(path, directory, ':');)
    if (access((directory + '/' + program).c_str(), X_OK) == 0) return true;
  return false;
}

pid_t start_program(const std::vector<std::string>& arguments, const std::string& log) {
  const pid_t pid = fork();
  if (pid < 0) throw checkpoint::system_failure(arguments.at(0), "start it");
  if (pid == 0) become(arguments, log);
  return pid;
}

void await_program(pid_t pid, const std::string& name, const std::string& log) {
  int status = 0;
  if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw checkpoint::Error(checkpoint::Error::Kind::failed, name, "it failed").found(complaint(log));
}

void run_program(const std::vector<std::string>& arguments, const std::string& log) {
  await_program(start_program(arguments, log), arguments.at(0), log);
}

void end_program(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace bench
