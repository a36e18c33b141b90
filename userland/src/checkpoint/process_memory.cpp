// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/process_memory.h"

#include <unistd.h>

#include <cerrno>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// What a read or write that gave @result at @address, with errno @error, means.
Error failure(const std::string& name, std::string_view action, std::uint64_t address,
              ssize_t result, int error) {
  if (result == 0) return {Error::Kind::failed, name, "its memory is gone: it has ended"};
  return system_failure(name, str(action, " its memory at ", hex(address)), error);
}

}  // namespace

void ProcessMemory::read(std::uint64_t address, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw failure(name_, "read", address, got, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    address += static_cast<std::uint64_t>(got);
  }
}

void ProcessMemory::write(std::uint64_t address, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EFAULT)
      throw Error(Error::Kind::damaged, "", str("cannot be read any more, for ", hex(address)))
          .hint("the file was shortened meanwhile, or the disc fails");
    if (put <= 0) throw failure(name_, "write", address, put, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    address += static_cast<std::uint64_t>(put);
  }
}

}  // namespace checkpoint
