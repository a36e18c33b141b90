// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "checkpoint/error.h"

namespace checkpoint {

Pty::Pty(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  std::array<char, 64> name{};
  if (!master_ || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0 ||
      ::ptsname_r(master_.get(), name.data(), name.size()) != 0)
    throw system_failure("a terminal", "make");
  path_ = name.data();
  terminal_.reset(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const winsize size{.ws_row = 25, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (!terminal_ || ::ioctl(terminal_.get(), TIOCSWINSZ, &size) != 0)
    throw system_failure(path_, "make");
}

bool Pty::read_some(std::string& text, int milliseconds) const {
  pollfd ready{.fd = master_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, milliseconds) <= 0) return false;
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(master_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Pty::read_until(const std::string& text) const {
  constexpr int moment = 100;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::string all;
  while (all.find(text) == std::string::npos && std::chrono::steady_clock::now() < deadline)
    static_cast<void>(read_some(all, moment));
  return all;
}

std::string Pty::read_rest() const {
  std::string all;
  while (read_some(all, 0)) continue;
  return all;
}

}  // namespace checkpoint
