// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/sink.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace checkpoint {

void Sink::write_zeros(std::uint64_t count) {
  static constexpr std::array<std::byte, 65536> zeros{};
  while (count > 0) {
    const std::uint64_t part = std::min<std::uint64_t>(count, zeros.size());
    write(ByteView(zeros).first(part));
    count -= part;
  }
}

void FdSink::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // somebody who shares it wants it so
      pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (written < 0) throw system_failure(name_, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace checkpoint
