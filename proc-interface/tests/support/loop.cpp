// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "checkpointer.h"
#include "test.h"

namespace test {

Loop::Loop(int fd) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) SKIP(std::string("no loop devices: ") + std::strerror(errno));
  int number = ioctl(control, LOOP_CTL_GET_FREE);
  close(control);
  REQUIRE_CALL(number);
  path_ = "/dev/loop" + std::to_string(number);
  int device = open(path_.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(device >= 0, path_, std::strerror(errno));
  const int error = ioctl(device, LOOP_SET_FD, fd) == 0 ? 0 : errno;
  // What is open for writing can't be mounted.
  close(device);
  REQUIRE_EQ(errno_text(error), "0", path_);
}

Loop::~Loop() {
  int device = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  ioctl(device, LOOP_CLR_FD);
  close(device);
}

}  // namespace test
