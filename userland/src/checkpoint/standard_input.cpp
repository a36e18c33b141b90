// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/standard_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/image_stream.h"
#include "checkpoint/sink.h"
#include "checkpoint/source.h"
#include "checkpoint/temporary_file.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

/// Gives what it reads to a file as well.
class CopiedSource : public Source {
 public:
  CopiedSource(int fd, Sink& copy, Steps& steps)
      : source_(fd, kStandardInputName), copy_(copy), steps_(steps) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = source_.read(buffer);
    copy_.write(buffer.first(got));
    steps_.advance(got);
    return got;
  }

 private:
  FdSource source_;
  Sink& copy_;
  Steps& steps_;
};

MappedFile spool(Steps& steps) {
  const std::string directory = temporary_directory();
  const UniqueFd fd = open_nameless(directory);
  if (!fd)
    throw system_failure(directory, "create a temporary file")
        .hint("standard input is copied to one: TMPDIR names another directory for it");
  FdSink file(fd.get(), "the temporary file in " + directory);
  CopiedSource input(STDIN_FILENO, file, steps);
  steps.begin("reading", 0);
  try {
    ImageStream(input, kStandardInputName).finish();
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
