// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/undo_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/error.h"
#include "checkpoint/sink.h"
#include "checkpoint/temporary_file.h"

namespace checkpoint {
namespace {

/// Stands before the bytes of each append().
struct Header {
  std::uint64_t address;
  std::uint64_t size;
};

Error no_room(const std::string& directory, int error) {
  return system_failure(directory, "keep the old contents for the case of a failure", error)
      .hint("TMPDIR names another directory for them");
}

void read_at(const std::string& directory, int fd, std::uint64_t offset,
             std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw system_failure(directory, "read the old contents", got == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

/// A page that cannot be written may never have been.
bool holds(const ProcessMemory& memory, std::uint64_t address, ByteView page) {
  Bytes found(page.size());
  try {
    memory.read(address, found);
  } catch (const Error&) {
    return false;
  }
  return std::equal(page.begin(), page.end(), found.begin());
}

}  // namespace

UndoLog::UndoLog(std::uint64_t pages)
    : directory_(temporary_directory()), fd_(open_nameless(directory_)) {
  if (!fd_) throw no_room(directory_, errno);
  // At the worst each page has a header of its own.
  const std::uint64_t size = pages * (kPageSize + sizeof(Header));
  if (size == 0 || ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) throw no_room(directory_, errno);
}

void UndoLog::append(std::uint64_t address, ByteView bytes) {
  const Header header{.address = address, .size = bytes.size()};
  FdSink sink(fd_.get(), directory_);
  try {
    sink.write(std::as_bytes(std::span(&header, 1)));
    sink.write(bytes);
  } catch (const Error& error) {
    throw no_room(directory_, error.system_errno());
  }
  size_ += sizeof(header) + bytes.size();
}

UndoLog::Outcome UndoLog::put_back(ProcessMemory& memory) const {
  Outcome outcome;
  Bytes buffer(kMostBytes);
  for (std::uint64_t at = 0; at < size_;) {
    Header header{};
    read_at(directory_, fd_.get(), at, std::as_writable_bytes(std::span(&header, 1)));
    const std::span<std::byte> bytes = std::span(buffer).first(header.size);
    read_at(directory_, fd_.get(), at + sizeof(header), bytes);
    at += sizeof(header) + header.size;
    for (std::uint64_t page = 0; page < header.size; page += kPageSize) {
      const ByteView old = bytes.subspan(page, kPageSize);
      const std::uint64_t address = header.address + page;
      try {
        memory.write(address, old);
      } catch (const Error&) {
        if (holds(memory, address, old)) continue;
        if (outcome.pages_lost++ == 0) outcome.first_lost = address;
      }
    }
  }
  return outcome;
}

}  // namespace checkpoint
