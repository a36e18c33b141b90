// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/rename_new.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>  // renameat2

namespace checkpoint {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::lstat(a.c_str(), &first) == 0 && ::lstat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// A second name, and then the first one goes.
int link_and_unlink(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    // Over a network it may have been done, and only the answer lost.
    if (error != EEXIST || !same_file(from, to)) return error;
  }
  ::unlink(from.c_str());
  return 0;
}

}  // namespace

int rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // Not every file system can: NFS and 9p do not.
  if (errno == EINVAL || errno == ENOSYS) return link_and_unlink(from, to);
  return errno;
}

}  // namespace checkpoint
