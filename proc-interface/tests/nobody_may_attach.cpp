// SPDX-License-Identifier: GPL-2.0-or-later
// Where Yama lets nobody attach to a process, nobody may checkpoint another.
// There is no way back from that: the harness runs this test last.
#include <string>

#include "support/checkpointer.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_CASE(not_even_root) {
  const std::string yama = "/proc/sys/kernel/yama/ptrace_scope";
  if (!exists(yama)) SKIP("the kernel has no Yama");
  Child target([](Child::Steps& steps) { steps.pause(); });
  EXPECT_EQ(errno_text(open_errno(target.pid())), "0", "before");
  REQUIRE_EQ(errno_text(put(yama, "3")), "0");
  EXPECT_EQ(errno_text(open_errno(target.pid())), "EACCES", "root");
  EXPECT_EQ(errno_text(open_errno(0)), "0", "itself");
}
