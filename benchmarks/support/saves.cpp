// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/saves.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "checkpoint/command.h"
#include "checkpoint/process.h"

namespace bench {
namespace {

using checkpoint::system_failure;
using checkpoint::UniqueFd;

class Stopwatch {
 public:
  [[nodiscard]] std::uint64_t nanoseconds() const {
    const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - began_;
    return static_cast<std::uint64_t>(passed.count());
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

UniqueFd create(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw system_failure(path, "create");
  return fd;
}

void write_all(int fd, const std::byte* data, std::size_t bytes, std::size_t piece,
               const std::string& path) {
  while (bytes) {
    const auto done = write(fd, data, std::min(bytes, piece));
    if (done <= 0) throw system_failure(path, "write");
    data += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

/// Removes a file when it goes out of scope.
struct Removed {
  const std::string& path;
  ~Removed() { unlink(path.c_str()); }
};

}  // namespace

checkpoint::LastCommand save_by_checkpoint(const Subject& subject, const std::string& path) {
  const Removed removed{path};
  const auto pid = static_cast<std::uint64_t>(subject.pid());
  const checkpoint::Process process("/proc", pid);
  const checkpoint::SaveCommand command{
      .start = subject.start(), .end = subject.start() + subject.bytes() - 1, .path = path};
  if (const int error = process.send(command.text())) throw command.failure(error, pid);
  return process.status().last.value();
}

std::uint64_t save_by_stopping(const Subject& subject, const std::string& path) {
  static std::vector<std::byte> buffer(kPiece);
  const Removed removed{path};
  const Stopwatch stopwatch;
  subject.stop();
  {
    const auto fd = create(path);
    for (std::size_t at = 0; at < subject.bytes(); at += kPiece) {
      const std::size_t size = std::min(kPiece, subject.bytes() - at);
      const iovec here{buffer.data(), size};
      const iovec there{reinterpret_cast<void*>(subject.start() + at), size};
      if (process_vm_readv(subject.pid(), &here, 1, &there, 1, 0) != static_cast<ssize_t>(size))
        throw system_failure("subject", "read its memory");
      write_all(fd.get(), buffer.data(), size, size, path);
    }
  }
  subject.resume();
  return stopwatch.nanoseconds();
}

std::uint64_t save_by_writing(const std::byte* memory, std::size_t bytes, std::size_t piece,
                              const std::string& path) {
  const Removed removed{path};
  const Stopwatch stopwatch;
  const auto fd = create(path);
  write_all(fd.get(), memory, bytes, piece, path);
  if (fsync(fd.get())) throw system_failure(path, "fsync");
  return stopwatch.nanoseconds();
}

}  // namespace bench
