// SPDX-License-Identifier: GPL-2.0-or-later
// Where Yama lets nobody attach to a process, nobody may checkpoint another.
// There is no way back from that: the harness runs this test last.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "support/checkpointer.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

const std::string yama = "/proc/sys/kernel/yama/ptrace_scope";

int errno_of_opening(const std::string& process) {
  int fd = open(("/proc/" + process + "/checkpoint").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

}  // namespace

TEST_CASE(not_even_root) {
  if (!exists(yama)) SKIP("the kernel has no Yama");
  Child target([](Child::Steps& steps) { steps.pause(); });
  const std::string pid = std::to_string(target.pid());
  EXPECT_EQ(errno_text(errno_of_opening(pid)), "0", "before");
  REQUIRE_EQ(errno_text(put(yama, "3")), "0");
  EXPECT_EQ(errno_text(errno_of_opening(pid)), "EACCES", "root");
  EXPECT_EQ(errno_text(errno_of_opening("self")), "0", "itself");
}
