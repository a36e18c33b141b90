// SPDX-License-Identifier: GPL-2.0-or-later
// Memory whose faults a userfaultfd handles: pages that are missing are zeros,
// and nobody waits for a handler; what the handler puts there is a change.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/swap.h"
#include "support/test.h"
#include "support/userfaultfd.h"

using namespace test;

TEST_CASE(missing_pages_are_zeros_and_nobody_waits) {
  Area area(8);
  Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_MISSING);
  handler.copy_in(area.page(3), 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "missing"), 0);
  EXPECT_EQ(picture("missing", area.range()), "ZZZDZZZZ");
  handler.copy_in(area.page(5), 2);
  handler.zero(area.page(6));
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "missing1"), 0);
  EXPECT_EQ(picture("missing1", area.range()), "ZZZDZDZZ");
  REQUIRE_EQ(self.inc(area.range(), "missing2"), 0);
  EXPECT_EQ(picture("missing2", area.range()), "ZZZ.Z.ZZ");
  expect_chain_equals_memory({"missing", "missing1", "missing2"}, area.range());
}

TEST_CASE(write_protected_pages_stay_so) {
  Area area(8);
  fill(area, 1);
  Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_WP);
  handler.protect(area.range(2, 4), true);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "wp"), 0);
  EXPECT_EQ(picture("wp", area.range()), "DDDDDDDD");
  touch(area.page(0));
  handler.protect(area.range(2, 2), false);
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "wp1"), 0);
  EXPECT_EQ(picture("wp1", area.range()), "D..D....");
  REQUIRE_EQ(self.inc(area.range(), "wp2"), 0);
  EXPECT_EQ(picture("wp2", area.range()), "........");
  expect_chain_equals_memory({"wp", "wp1", "wp2"}, area.range());
  EXPECT_EQ(write_protection(area.range()), "wwwwppww");
}

TEST_CASE(pages_that_nobody_may_access) {
  Swap swap;
  Area area(8);
  fill(area, 13);
  Checkpointer self;
  {
    Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_RWP, UFFD_FEATURE_RWP);
    REQUIRE_EQ(self.full(area.range(), "rwp"), 0);
    for (std::size_t i : {1, 2, 4}) touch(area.page(i));
    handler.forbid(area.range(2, 4), true);
    EXPECT_EQ(page_out(area.range(4, 2)), 2u);
    REQUIRE_EQ(self.inc(area.range(), "rwp1"), 0);
    EXPECT_EQ(picture("rwp1", area.range()), ".DD.D...");
    REQUIRE_EQ(self.inc(area.range(), "rwp2"), 0);
    EXPECT_EQ(picture("rwp2", area.range()), "........");
    handler.forbid(area.range(2, 2), false);
    touch(area.page(3));
    REQUIRE_EQ(self.inc(area.range(), "rwp3"), 0);
    EXPECT_EQ(picture("rwp3", area.range()), "...D....");
  }
  expect_chain_equals_memory({"rwp", "rwp1", "rwp2", "rwp3"}, area.range());
}

TEST_CASE(a_page_that_is_moved_in) {
  Area area(8), source(2);
  fill(source, 4);
  Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_MISSING, UFFD_FEATURE_MOVE);
  handler.copy_in(area.page(0), 5);
  const std::string pages = chain_after(area.range(), [&] {
    REQUIRE_EQ(errno_text(handler.move(area.page(3), source.page(0))), "0");
  });
  EXPECT_EQ(pages, ".ZZDZZZZ");
}

TEST_CASE(a_page_is_moved_out) {
  Area area(8), target(2);
  fill(area, 6);
  Userfaultfd handler(target.range(), UFFDIO_REGISTER_MODE_MISSING, UFFD_FEATURE_MOVE);
  const std::string pages = chain_after(area.range(), [&] {
    // A page that was captured is not exclusive until it is written to.
    EXPECT_EQ(errno_text(handler.move(target.page(1), area.page(5))), "EBUSY");
    touch(area.page(5));
    REQUIRE_EQ(errno_text(handler.move(target.page(1), area.page(5))), "0");
  });
  EXPECT_EQ(pages, ".....Z..");
}

TEST_CASE(a_huge_page_that_is_moved) {
  Area from = huge_area(1, 12);
  Area to(from.pages());
  Userfaultfd handler(to.range(), UFFDIO_REGISTER_MODE_MISSING, UFFD_FEATURE_MOVE);
  Checkpointer self;
  REQUIRE_EQ(self.full(from.range(), "from"), 0);
  REQUIRE_EQ(self.full(to.range(), "to"), 0);
  EXPECT_EQ(errno_text(handler.move(to.data(), from.data(), huge_size)), "EBUSY");
  touch(from.page(100));
  REQUIRE_EQ(errno_text(handler.move(to.data(), from.data(), huge_size)), "0");
  EXPECT_EQ(smaps_bytes(to.range(), "AnonHugePages"), huge_size);
  REQUIRE_EQ(self.inc(from.range(), "from1"), 0);
  REQUIRE_EQ(self.inc(to.range(), "to1"), 0);
  EXPECT_EQ(picture("from1", from.range()), std::string(from.pages(), 'Z'));
  EXPECT_EQ(picture("to1", to.range()), std::string(to.pages(), 'D'));
  expect_chain_equals_memory({"from", "from1"}, from.range());
  expect_chain_equals_memory({"to", "to1"}, to.range());
}

TEST_CASE(a_page_that_is_being_written_out_does_not_move) {
  Area area(256), target(2);
  fill(area, 7);
  Userfaultfd handler(target.range(), UFFDIO_REGISTER_MODE_MISSING, UFFD_FEATURE_MOVE);
  expect_unaffected_by(area.range(), [&] {
    EXPECT_EQ(errno_text(handler.move(target.page(0), area.page(200))), "EBUSY");
  });
}

TEST_CASE(a_fault_that_goes_on_with_the_page_of_the_file) {
  int memory = memfd_create("minor", MFD_CLOEXEC);
  REQUIRE_CALL(memory);
  REQUIRE_CALL(ftruncate(memory, 8 * page_size));
  Area area(8, PROT_READ | PROT_WRITE, MAP_SHARED, memory);
  Area other(8, PROT_READ | PROT_WRITE, MAP_SHARED, memory);
  fill_page(other.page(2), 8);
  Checkpointer self;
  {
    Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_MINOR, UFFD_FEATURE_MINOR_SHMEM);
    REQUIRE_EQ(self.full(area.range(), "minor"), 0);
    EXPECT_EQ(picture("minor", area.range()), "ZZDZZZZZ");
    fill_page(other.page(5), 9);
    handler.proceed(area.page(5));
    REQUIRE_EQ(self.inc(area.range(), "minor1"), 0);
    EXPECT_EQ(picture("minor1", area.range()), "ZZDZZDZZ");
  }
  // Only now can anybody read all of it without the handler.
  expect_chain_equals_memory({"minor", "minor1"}, area.range());
  close(memory);
}

TEST_CASE(poisoned_pages_are_skipped) {
  Area area(8);
  Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_MISSING, UFFD_FEATURE_POISON);
  handler.copy_in(area.page(1), 10);
  const std::string pages = chain_after(area.range(), [&] {
    handler.copy_in(area.page(2), 11);
    handler.poison(area.page(4));
  });
  EXPECT_EQ(pages, "Z.DZSZZZ");
}
