// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/standard_input.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/sink.h"
#include "checkpoint/source.h"
#include "checkpoint/temporary_file.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 18;

bool may_be_elf(ByteView start) {
  return std::memcmp(start.data(), ELFMAG, std::min<std::size_t>(start.size(), SELFMAG)) == 0;
}

MappedFile spool(Steps& steps) {
  const std::string directory = temporary_directory();
  const UniqueFd fd = open_nameless(directory);
  if (!fd) throw system_failure(directory, "create a temporary file");
  FdSource input(STDIN_FILENO, kStandardInputName);
  FdSink file(fd.get(), "the temporary file in " + directory);
  Bytes buffer(kBufferSize);
  bool first = true;
  steps.begin("reading", 0);
  try {
    while (const std::size_t got = input.read(buffer)) {
      const ByteView bytes = ByteView(buffer).first(got);
      file.write(bytes);
      steps.advance(got);
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

bool standard_input_is_whole_file() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) throw system_failure(kStandardInputName, "read");
  if (::isatty(STDIN_FILENO) != 0)
    throw usage_error("standard input is a terminal")
        .hint("'-' reads an image from a pipe, as in 'zstd -dc FILE | cpctl verify -'");
  return S_ISREG(status.st_mode) && ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
}

MappedFile map_standard_input(Steps& steps) {
  if (standard_input_is_whole_file()) return {STDIN_FILENO, kStandardInputName};
  return spool(steps);
}

void hint_at_the_pipe(Error& error) {
  if (error.kind() == Error::Kind::damaged && error.hint().empty())
    error.hint("an image and nothing else is read: did the program before the pipe fail?");
}

}  // namespace checkpoint
