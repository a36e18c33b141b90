// SPDX-License-Identifier: GPL-2.0-or-later
// Write protection by userfaultfd that the kernel lifts by itself
// (UFFD_FEATURE_WP_ASYNC): another way to learn what was written, beside ours.
#include "support/change.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/test.h"
#include "support/userfaultfd.h"

using namespace test;

TEST_CASE(both_see_the_same_writes) {
  Area area(8);
  fill(area, 3);
  Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_WP, UFFD_FEATURE_WP_ASYNC);
  handler.protect(area.range(), true);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(1));
    touch(area.page(6));
  });
  EXPECT_EQ(pages, ".D....D.");
  EXPECT_EQ(write_protection(area.range()), "pwppppwp", "checkpoints took the marks of others");
}
