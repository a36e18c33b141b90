// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/standard_input.h"

#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/sink.h"
#include "checkpoint/temporary_file.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 18;

/// Some bytes of standard input, into @buffer; none: its end.
std::size_t read_some(Bytes& buffer) {
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {  // somebody who shares it wants it so
      pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      throw system_failure(kStandardInputName, "read");
    }
  }
}

bool may_be_elf(ByteView start) {
  return std::memcmp(start.data(), ELFMAG, std::min<std::size_t>(start.size(), SELFMAG)) == 0;
}

MappedFile spool() {
  const std::string directory = temporary_directory();
  const UniqueFd fd = open_nameless(directory);
  if (!fd) throw system_failure(directory, "create a temporary file");
  FdSink file(fd.get(), "the temporary file in " + directory);
  Bytes buffer(kBufferSize);
  bool first = true;
  try {
    while (const std::size_t got = read_some(buffer)) {
      const ByteView bytes = ByteView(buffer).first(got);
      file.write(bytes);
      if (first && !may_be_elf(bytes)) break;
      first = false;
    }
  } catch (Error& error) {
    const int why = error.system_errno();
    if (why == ENOSPC || why == EDQUOT || why == EFBIG)
      error.hint("standard input is copied there first: set TMPDIR to where all of it fits");
    throw;
  }
  return {fd.get(), kStandardInputName};
}

}  // namespace

MappedFile map_standard_input() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) throw system_failure(kStandardInputName, "read");
  if (::isatty(STDIN_FILENO) != 0)
    throw usage_error("standard input is a terminal")
        .hint("'-' reads an image from a pipe, as in 'zstd -dc FILE | cpctl verify -'");
  if (S_ISREG(status.st_mode) && ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
    return {STDIN_FILENO, kStandardInputName};
  return spool();
}

}  // namespace checkpoint
