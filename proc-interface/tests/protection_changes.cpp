// SPDX-License-Identifier: GPL-2.0-or-later
// mprotect between checkpoints, and pages that nobody may read.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

TEST_CASE(pages_without_access_have_data_all_the_same) {
  Area area(8);
  fill(area, 1);
  const std::vector<std::byte> before = copy_of(area.range());
  REQUIRE_CALL(mprotect(area.page(2), 4 * page_size, PROT_NONE));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "none"), 0);
  EXPECT_EQ(picture("none", area.range()), "DDDDDDDD");
  expect_image_holds("none", area.range(), before);
  expect_chain_equals_memory({"none"}, area.range());
}

TEST_CASE(a_reservation_without_access_is_zeros) {
  Area area(8, PROT_NONE);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "reserved"), 0);
  EXPECT_EQ(picture("reserved", area.range()), "ZZZZZZZZ");
  expect_chain_equals_memory({"reserved"}, area.range());
}

TEST_CASE(a_change_of_protection_alone_changes_the_map_not_the_pages) {
  Area area(8);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "rw"), 0);
  REQUIRE_CALL(mprotect(area.page(1), 2 * page_size, PROT_READ));
  REQUIRE_CALL(mprotect(area.page(4), 2 * page_size, PROT_NONE));
  REQUIRE_EQ(self.inc(area.range(), "mixed"), 0);
  EXPECT_EQ(picture("mixed", area.range()), "........");
  EXPECT_EQ(open_image("mixed").mappings().size(), 5u);
  expect_chain_equals_memory({"rw", "mixed"}, area.range());

  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ | PROT_WRITE));
  REQUIRE_EQ(self.inc(area.range(), "back"), 0);
  EXPECT_EQ(picture("back", area.range()), "........");
  touch(area.page(1));
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "written"), 0);
  EXPECT_EQ(picture("written", area.range()), ".D...D..");
  expect_chain_equals_memory({"rw", "mixed", "back", "written"}, area.range());
}

TEST_CASE(a_write_between_two_changes_is_not_lost) {
  Area area(8);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "p"), 0);
  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_NONE));
  REQUIRE_CALL(mprotect(area.page(3), page_size, PROT_READ | PROT_WRITE));
  touch(area.page(3));
  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_NONE));
  REQUIRE_EQ(self.inc(area.range(), "p1"), 0);
  EXPECT_EQ(picture("p1", area.range()), "...D....");
  expect_chain_equals_memory({"p", "p1"}, area.range());
}

TEST_CASE(a_write_through_proc_mem_to_a_page_that_may_not_be_written) {
  Area area(8);
  fill(area, 4);
  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "ro"), 0);
  int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(mem);
  EXPECT_EQ(pwrite(mem, "poked", 5, reinterpret_cast<off_t>(area.page(6))), 5);
  close(mem);
  REQUIRE_EQ(self.inc(area.range(), "ro1"), 0);
  EXPECT_EQ(picture("ro1", area.range()), "......D.");
  expect_chain_equals_memory({"ro", "ro1"}, area.range());
}

TEST_CASE(a_poke_into_a_page_that_was_never_touched) {
  Area area(8, PROT_READ);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "empty"), 0);
  int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(mem);
  EXPECT_EQ(pwrite(mem, "poked", 5, reinterpret_cast<off_t>(area.page(2))), 5);
  REQUIRE_EQ(self.inc(area.range(), "empty1"), 0);
  EXPECT_EQ(picture("empty1", area.range()), "ZZDZZZZZ");
  EXPECT_EQ(pwrite(mem, "again", 5, reinterpret_cast<off_t>(area.page(2))), 5);
  close(mem);
  REQUIRE_EQ(self.inc(area.range(), "empty2"), 0);
  EXPECT_EQ(picture("empty2", area.range()), "ZZDZZZZZ");
  expect_chain_equals_memory({"empty", "empty1", "empty2"}, area.range());
}
