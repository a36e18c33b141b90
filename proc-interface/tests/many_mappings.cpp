// SPDX-License-Identifier: GPL-2.0-or-later
// Ten thousand mappings, and holes between others.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

TEST_CASE(alternating_protections) {
  const auto pages = static_cast<std::size_t>(scaled(10000, 500));
  Area area(pages);
  fill(area, 1);
  for (std::size_t i = 0; i < pages; i += 2)
    REQUIRE_CALL(mprotect(area.page(i), page_size, PROT_READ));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "many"), 0);
  EXPECT_EQ(open_image("many").mappings().size(), pages);
  EXPECT_EQ(count(picture("many", area.range()), 'D'), pages);
  expect_chain_equals_memory({"many"}, area.range());
  for (std::size_t i = 1; i < pages; i += 100) touch(area.page(i));
  REQUIRE_EQ(self.inc(area.range(), "many1"), 0);
  EXPECT_EQ(count(picture("many1", area.range()), 'D'), (pages + 98) / 100);
  expect_chain_equals_memory({"many", "many1"}, area.range());
}

TEST_CASE(holes) {
  const auto pages = static_cast<std::size_t>(scaled(4000, 250));
  Area area(pages);
  fill(area, 2);
  for (std::size_t i = 0; i + 4 <= pages; i += 4)
    REQUIRE_CALL(munmap(area.page(i), (1 + i / 4 % 3) * page_size));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "holes"), 0);
  EXPECT_EQ(picture("holes", area.range(0, 12)), "-DDD--DD---D");
  touch(area.page(7));
  REQUIRE_EQ(self.inc(area.range(), "holes1"), 0);
  expect_chain_equals_memory({"holes", "holes1"}, area.range());
}
