// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace checkpoint {

std::string temporary_directory() {
  const char* directory = std::getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

UniqueFd open_nameless(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  // Not every file system can.
  std::string path = directory + "/cpctl.XXXXXX";
  fd.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (fd) ::unlink(path.c_str());
  return fd;
}

}  // namespace checkpoint
