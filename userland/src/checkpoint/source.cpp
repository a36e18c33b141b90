// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/source.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace checkpoint {

std::size_t FdSource::read(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {  // somebody who shares it wants it so
      pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      throw system_failure(name_, "read");
    }
  }
}

}  // namespace checkpoint
