// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpointer.h"

#include <fcntl.h>
#include <linux/proc_checkpoint.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "process.h"
#include "test.h"

namespace test {
namespace {

std::string file_of(pid_t pid) {
  return "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/checkpoint";
}

TrackedRange parse_range(const std::string& value) {
  std::istringstream stream(value);
  TrackedRange tracked;
  std::string start, end;
  REQUIRE(stream >> start >> end >> tracked.id >> tracked.seq, "range:", value);
  // END is inclusive.
  tracked.range = {std::stoull(start, nullptr, 16), std::stoull(end, nullptr, 16) + 1};
  return tracked;
}

}  // namespace

// Exit status: the errno.  All that a command can end with are below 255.
TEST_HELPER(write_one_command) {
  int fd = open(file_of(std::stoi(arguments.at(0))).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  // What a broken pipe means is the errno, as for the test's own commands.
  signal(SIGPIPE, SIG_IGN);
  return write_command(fd, arguments.at(1));
}

std::string command_text(std::string_view word, const Range& range, std::string_view path) {
  std::ostringstream stream;
  stream << word << std::hex << " 0x" << range.start << " 0x" << range.end - 1 << ' ' << path
         << '\n';
  return stream.str();
}

Status::Status(const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos, "status line:", line);
    std::string key = line.substr(0, colon), value = line.substr(colon + 2);
    keys_.push_back(key);
    if (key == PROC_CHECKPOINT_KEY_RANGE)
      ranges_.push_back(parse_range(value));
    else
      REQUIRE(values_.emplace(key, value).second, "twice in the status:", key);
  }
}

std::string Status::text(const std::string& key) const {
  auto found = values_.find(key);
  REQUIRE(found != values_.end(), "no key", key);
  return found->second;
}

std::uint64_t Status::number(const std::string& key) const {
  std::string value = text(key);
  std::size_t used = 0;
  std::uint64_t number = std::stoull(value, &used, 0);
  REQUIRE_EQ(used, value.size(), "in", key, value);
  return number;
}

Checkpointer::Checkpointer(pid_t pid) : fd_(open(file_of(pid).c_str(), O_RDWR | O_CLOEXEC)) {
  REQUIRE(fd_ >= 0, "open", file_of(pid), std::strerror(errno));
}

Checkpointer::~Checkpointer() {
  close(fd_);
}

int Checkpointer::command(std::string_view text) const {
  return write_command(fd_, text);
}

int Checkpointer::full(const Range& range, std::string_view path) const {
  return command(command_text(PROC_CHECKPOINT_CMD_FULL, range, path));
}

int Checkpointer::inc(const Range& range, std::string_view path) const {
  return command(command_text(PROC_CHECKPOINT_CMD_INC, range, path));
}

int Checkpointer::forget() const {
  return command(PROC_CHECKPOINT_CMD_FORGET "\n");
}

Status Checkpointer::status() const {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = pread(fd_, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0)
    text.append(buffer, static_cast<std::size_t>(got));
  REQUIRE(got == 0, "status:", std::strerror(errno));
  return Status(text);
}

int write_command(int fd, std::string_view text) {
  ssize_t written = write(fd, text.data(), text.size());
  if (written < 0) return errno;
  return written == static_cast<ssize_t>(text.size()) ? 0 : EIO;
}

int open_errno(pid_t pid) {
  int fd = open(file_of(pid).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

std::string errno_text(int error) {
  const char* name = error > 0 ? strerrorname_np(error) : nullptr;
  return name != nullptr ? name : std::to_string(error);
}

CommandProcess::CommandProcess(pid_t target, const std::string& text)
    : pid_(spawn(helper_command("write_one_command", {std::to_string(target), text}))) {}

CommandProcess::~CommandProcess() {
  kill();
  result();
}

bool CommandProcess::running() {
  if (reaped_) return false;
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

void CommandProcess::kill() const {
  if (!reaped_) ::kill(pid_, SIGKILL);
}

int CommandProcess::result() {
  if (reaped_) return result_;
  int status = 0;
  while (waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
  }
  reaped_ = true;
  result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return result_;
}

}  // namespace test
