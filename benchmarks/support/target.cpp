// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/target.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>

#include "checkpoint/error.h"

namespace bench {
namespace {

using checkpoint::system_failure;
using checkpoint::UniqueFd;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("target", "make a pipe");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

/// $BENCH_TARGET, else beside this one.
std::string program() {
  if (const char* path = std::getenv("BENCH_TARGET")) return path;
  std::array<char, PATH_MAX> path{};
  if (readlink("/proc/self/exe", path.data(), path.size() - 1) < 0)
    throw system_failure("/proc/self/exe", "read");
  const std::string self = path.data();
  return self.substr(0, self.rfind('/')) + "/target";
}

[[noreturn]] void become(const std::string& path, int requests, int replies) {
  // A session of its own, as of a daemon: CRIU wants that.
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  // Neither may be in the place of the other.
  requests = fcntl(requests, F_DUPFD, 10);
  replies = fcntl(replies, F_DUPFD, 10);
  dup2(requests, kRequests);
  dup2(replies, kReplies);
  close_range(kReplies + 1, ~0U, 0);
  // CRIU knows tmpfs, but not what a guest's root is made of.
  if (chdir("/tmp") == 0) execl(path.c_str(), "target", nullptr);
  _exit(127);
}

pid_t start(const Pipe& requests, const Pipe& replies) {
  const std::string path = program();
  const pid_t pid = fork();
  if (pid < 0) throw system_failure("target", "fork");
  if (pid == 0) become(path, requests.read.get(), replies.write.get());
  return pid;
}

}  // namespace

Target::Target(const Shape& shape)
    : shape_(shape),
      pid_([this] {
        Pipe requests, replies;
        const pid_t pid = bench::start(requests, replies);
        requests_ = std::move(requests.write);
        replies_ = std::move(replies.read);
        return pid;
      }()),
      process_("/proc", static_cast<std::uint64_t>(pid_)) {
  if (shape.threads != 0) ask(Op::threads, shape.threads);
  const Reply reply = ask(Op::map, shape.bytes, shape.spacing, shape.huge ? 1 : 0);
  start_ = reply.values[0];
  resident_ = reply.values[1];
  if (shape.mappings > 1) ask(Op::split, shape.mappings);
}

Target::~Target() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Target::send(Op op, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                  const std::string& path) const {
  Request request{.op = op, .a = a, .b = b, .c = c};
  path.copy(request.path.data(), request.path.size() - 1);
  if (write(requests_.get(), &request, sizeof(request)) != sizeof(request))
    throw system_failure("target", "ask it");
}

Reply Target::receive() const {
  Reply reply;
  if (read(replies_.get(), &reply, sizeof(reply)) != sizeof(reply))
    throw checkpoint::Error(checkpoint::Error::Kind::failed, "target", "it has ended");
  if (reply.error != 0) throw system_failure("target", "do what it was asked", reply.error);
  return reply;
}

Reply Target::ask(Op op, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                  const std::string& path) const {
  send(op, a, b, c, path);
  return receive();
}

std::uint64_t Target::dirty(double share, Pattern pattern) const {
  return ask(Op::dirty, static_cast<std::uint64_t>(share * 1e6),
             static_cast<std::uint64_t>(pattern), seed_++)
      .values[0];
}

void Target::stop() const {
  kill(pid_, SIGSTOP);
  if (waitpid(pid_, nullptr, WUNTRACED) != pid_) throw system_failure("target", "stop");
}

void Target::resume() const {
  kill(pid_, SIGCONT);
}

}  // namespace bench
