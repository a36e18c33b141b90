// SPDX-License-Identifier: GPL-2.0-or-later
// Guard pages (MADV_GUARD_INSTALL, Linux 6.13): skipped, and zeros once removed.
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr int advise_guard_install = 102, advise_guard_remove = 103;

}  // namespace

TEST_CASE(installed_and_removed) {
  Area area(8);
  fill(area, 2);
  if (madvise(area.page(2), 2 * page_size, advise_guard_install) != 0)
    SKIP("no guard pages in this kernel");
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "guard"), 0);
  EXPECT_EQ(picture("guard", area.range()), "DDSSDDDD");
  expect_chain_equals_memory({"guard"}, area.range());
  REQUIRE_CALL(madvise(area.page(2), page_size, advise_guard_remove));
  REQUIRE_CALL(madvise(area.page(5), page_size, advise_guard_install));
  REQUIRE_EQ(self.inc(area.range(), "guard1"), 0);
  EXPECT_EQ(picture("guard1", area.range()), "..ZS.S..");
  expect_chain_equals_memory({"guard", "guard1"}, area.range());
}
