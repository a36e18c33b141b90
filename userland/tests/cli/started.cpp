// SPDX-License-Identifier: GPL-2.0-or-later
#include "started.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace cpctl {
namespace {

constexpr int kTries = 6000;

void nap() {
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

Started::Started(const std::vector<std::string>& arguments) {
  checkpoint::write_file(output_ / "out", "");
  checkpoint::write_file(output_ / "err", "");
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), cpctl_program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int out = ::open((output_ / "out").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const int err = ::open((output_ / "err").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execv(argv.front(), argv.data());
    ::_exit(127);
  }
  ::close(out);
  ::close(err);
}

Started::~Started() {
  if (pid_ > 0) finish();
}

void Started::wait_for(const std::string& text) const {
  std::string all;
  for (int n = 0; n < kTries; ++n, nap()) {
    all = checkpoint::read_file(output_ / "out") + checkpoint::read_file(output_ / "err");
    if (all.find(text) != std::string::npos) return;
  }
  FAIL() << "it did not print '" << text << "' but: " << all;
}

void Started::signal(int number) const {
  ::kill(pid_, number);
}

Outcome Started::finish() {
  int status = 0;
  int n = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (n++ == kTries) ::kill(pid_, SIGKILL);
    nap();
  }
  pid_ = -1;
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = checkpoint::read_file(output_ / "out"),
          .err = checkpoint::read_file(output_ / "err")};
}

}  // namespace cpctl
