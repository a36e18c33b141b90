// SPDX-License-Identifier: GPL-2.0-or-later
#include "fifo.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "test.h"

namespace test {
namespace {

constexpr int poll_ms = 50;

}  // namespace

Fifo::Fifo(std::string path) : path_(std::move(path)), fd_(-1) {
  REQUIRE_CALL(mkfifo(path_.c_str(), 0600));
  fd_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_CALL(fd_);
}

Fifo::~Fifo() {
  close_reader();
  unlink(path_.c_str());
}

void Fifo::shrink() {
  REQUIRE_CALL(fcntl(fd_, F_SETPIPE_SZ, 4096));
}

void Fifo::wait_for_data(CommandProcess& command) const {
  pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
  while (poll(&wanted, 1, poll_ms) != 1 || (wanted.revents & POLLIN) == 0) {
    if (command.running()) continue;
    // Only now: result() waits for the end.
    REQUIRE_EQ(errno_text(command.result()), "still running");
  }
}

void Fifo::read_some(std::size_t bytes) {
  char buffer[65536];
  ssize_t got = read(fd_, buffer, std::min(bytes, sizeof buffer));
  if (got > 0) bytes_.append(buffer, static_cast<std::size_t>(got));
}

void Fifo::take(std::size_t bytes, CommandProcess& command) {
  while (bytes_.size() < bytes) {
    wait_for_data(command);
    read_some(bytes - bytes_.size());
  }
}

void Fifo::drain() {
  static char buffer[1 << 20];
  pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
  for (;;) {
    ssize_t got = read(fd_, buffer, sizeof buffer);
    if (got == 0) return;
    if (got > 0)
      bytes_.append(buffer, static_cast<std::size_t>(got));
    else if (errno == EAGAIN)
      poll(&wanted, 1, poll_ms);
    else
      REQUIRE_CALL(got);
  }
}

void Fifo::close_reader() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Fifo::save(const std::string& path) const {
  std::ofstream(path, std::ios::binary) << bytes_;
}

}  // namespace test
