// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/command.h"

#include <cerrno>
#include <span>

#include "checkpoint/text.h"

namespace checkpoint {
namespace {

struct Explanation {
  int error;
  const char* problem;
  const char* hint;
};

constexpr const char* kNothingLost = "no image was made; the next inc holds all changes";

/// Errors of the file.
constexpr Explanation kOfPath[] = {
    {EEXIST, "already exists", "a checkpoint never overwrites a file: name a new one"},
    {ELOOP, "is a symbolic link, which is not followed", "name the file itself"},
    {ENXIO, "is a FIFO that nobody reads, or a socket", "start the reader first"},
    {EPIPE, "the reader of the pipe has gone", kNothingLost},
    {ENOENT, "cannot be created: a directory of the path does not exist", nullptr},
    {ENOTDIR, "cannot be created: a part of the path is no directory", nullptr},
    {EACCES, "cannot be created: permission denied", nullptr},
    {EISDIR, "is a directory", "name a new file in it"},
    {EOPNOTSUPP, "is a block device", "name a new file, a FIFO, a pipe or a character device"},
    {ENOSPC, "no space is left on the device",
     "the file is gone again; the next inc holds all changes"},
    {EDQUOT, "the disc quota is used up", "the file is gone again; the next inc holds all changes"},
    {EFBIG, "would be larger than a file may be",
     "see 'ulimit -f'; the next inc holds all changes"},
    {EROFS, "cannot be created: the file system is read-only", nullptr},
    {E2BIG, "the path is too long", nullptr},
    {ENAMETOOLONG, "the path is too long", nullptr},
};

/// Errors of the process.
constexpr Explanation kOfProcess[] = {
    {ESRCH, "has ended, or executes another program now", nullptr},
    {EAGAIN,
     "no attempt to capture it succeeded: its pages did not stay in memory, or one of its threads "
     "waited for a file system",
     "no image was made; try again, with more memory free or when the file system answers"},
    {EHWPOISON, "a page of its memory has a hardware error", kNothingLost},
    {EOVERFLOW, "has more runs of pages or mappings than an image can hold",
     "save parts of it, by --range"},
};

const Explanation* find(std::span<const Explanation> explanations, int error) {
  for (const Explanation& explanation : explanations)
    if (explanation.error == error) return &explanation;
  return nullptr;
}

Error explain(const std::string& subject, const Explanation& explanation) {
  Error error(Error::Kind::failed, subject, explanation.problem);
  if (explanation.hint != nullptr) error.hint(explanation.hint);
  return error;
}

}  // namespace

std::string SaveCommand::text() const {
  if (end < start)
    throw usage_error("the range ends before it starts")
        .found(str("START ", hex(start), ", END ", hex(end)));
  if (path.empty()) throw usage_error("the path is empty");
  if (path.find('\0') != std::string::npos) throw usage_error("a NUL in the path");
  // A space in front would be taken as part of the separator.
  const std::string_view prefix = path.front() == ' ' ? "./" : "";
  std::string text = str(kind_text(kind), ' ', hex(start), ' ', hex(end), ' ', prefix, path, '\n');
  if (text.size() > PROC_CHECKPOINT_CMD_MAX)
    throw usage_error("the path is too long")
        .found(str("a command of ", text.size(), " bytes"))
        .expected(str("at most ", PROC_CHECKPOINT_CMD_MAX));
  return text;
}

Error SaveCommand::failure(int error, std::uint64_t pid) const {
  const std::string process = str("process ", pid);
  if (error == EINVAL)
    return Error(Error::Kind::failed, process, "the kernel does not take this command")
        .found(str("range ", hex(start), " to ", hex(end), " inclusive, file ", printable(path)))
        .hint(
            "a range holds one whole page at least, below the end of user space, and the file is "
            "a new one, a FIFO, a pipe or a character device");
  if (const auto* explanation = find(kOfPath, error)) return explain(path, *explanation);
  if (const auto* explanation = find(kOfProcess, error)) return explain(process, *explanation);
  return system_failure(process, str("write the checkpoint to ", printable(path)), error)
      .hint(kNothingLost);
}

std::string forget_text() {
  return PROC_CHECKPOINT_CMD_FORGET "\n";
}

}  // namespace checkpoint
