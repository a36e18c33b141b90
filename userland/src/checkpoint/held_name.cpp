// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/held_name.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/error.h"

namespace checkpoint {
namespace {

/// The file @fd is still the one that is called @path.
bool is_called(int fd, const std::string& path) {
  struct stat mine {};
  struct stat there {};
  return ::fstat(fd, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

}  // namespace

std::optional<HeldName> HeldName::take(const std::string& path) {
  for (;;) {
    // For writing: NFS makes a lock of a range of it.
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw system_failure(path, "create");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      throw system_failure(path, "lock");
    }
    // Whoever held it before may have removed it since it was opened.
    if (is_called(fd.get(), path)) return HeldName(path, std::move(fd));
  }
}

HeldName::~HeldName() {
  if (fd_) ::unlink(path_.c_str());
}

}  // namespace checkpoint
