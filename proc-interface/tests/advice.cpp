// SPDX-License-Identifier: GPL-2.0-or-later
// What madvise(2) and mlock(2) do to memory between two checkpoints.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

// Younger than some C libraries.
constexpr int populate_read = 22, populate_write = 23, dontneed_locked = 24;

void advise(const Area& area, std::size_t first, std::size_t pages, int advice) {
  REQUIRE(madvise(area.page(first), pages * page_size, advice) == 0, "advice", advice,
          std::strerror(errno));
}

std::size_t present(const Range& range) {
  return static_cast<std::size_t>(std::ranges::count_if(
      pagemap(range), [](const PageMapEntry& entry) { return entry.present(); }));
}

}  // namespace

TEST_CASE(freed_pages_that_are_reclaimed) {
  Area area(64);
  fill(area, 1);
  const std::string pages = chain_after(area.range(), [&] {
    advise(area, 8, 32, MADV_FREE);
    // Each CPU keeps some pages off the lists for a while; this empties them.
    for (int i = 0; i < 20 && present(area.range(8, 32)) != 0; i++) {
      put("/proc/sys/vm/compact_memory", "1");
      advise(area, 8, 32, MADV_PAGEOUT);
    }
    REQUIRE_EQ(present(area.range(8, 32)), 0u, "were not reclaimed");
    touch(area.page(10));
  });
  EXPECT_EQ(pages, std::string(8, '.') + "ZZD" + std::string(29, 'Z') + std::string(24, '.'));
}

TEST_CASE(freed_pages_that_are_written_again) {
  Area area(8);
  fill(area, 2);
  const std::string pages = chain_after(area.range(), [&] {
    advise(area, 2, 4, MADV_FREE);
    for (std::size_t i = 2; i < 6; i++) touch(area.page(i));
  });
  EXPECT_EQ(pages, "..DDDD..");
}

TEST_CASE(removed_from_shared_memory) {
  Area area(8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 3);
  const Incs incs = incs_after(area.range(), [&] { advise(area, 3, 2, MADV_REMOVE); });
  EXPECT_EQ(incs.first, "DDDZZDDD");
}

TEST_CASE(cold_pages_are_not_changed) {
  Area area(64);
  fill(area, 4);
  const std::string pages = chain_after(area.range(), [&] {
    advise(area, 0, 64, MADV_COLD);
    touch(area.page(5));
  });
  EXPECT_EQ(pages, "....." + std::string("D") + std::string(58, '.'));
}

TEST_CASE(cold_pages_that_were_written) {
  Swap swap;
  Area area(256);
  fill(area, 5);
  const std::string pages = chain_after(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 4) touch(area.page(i));
    advise(area, 0, area.pages(), MADV_COLD);
    EXPECT(page_out(area.range()) > area.pages() / 2);
    advise(area, 0, area.pages(), MADV_WILLNEED);
  });
  EXPECT_EQ(count(pages, 'D'), area.pages() / 4);
}

TEST_CASE(populated_for_reading) {
  Area area(8);
  touch(area.page(1));
  const std::string pages = chain_after(area.range(), [&] { advise(area, 0, 8, populate_read); });
  EXPECT_EQ(pages, "Z.ZZZZZZ");
}

TEST_CASE(populated_for_writing) {
  Area area(8);
  touch(area.page(1));
  const std::string pages = chain_after(area.range(), [&] { advise(area, 0, 6, populate_write); });
  EXPECT_EQ(pages.substr(6), "ZZ");
}

TEST_CASE(locked_pages) {
  Area area(8);
  fill(area, 6);
  REQUIRE_CALL(mlock(area.page(2), 4 * page_size));
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    REQUIRE_CALL(mlock(area.page(6), page_size));
    REQUIRE_CALL(munlock(area.page(5), page_size));
    touch(area.page(6));
  });
  EXPECT_EQ(pages, "...D..D.");
}

TEST_CASE(locked_pages_that_are_dropped) {
  Area area(8);
  fill(area, 7);
  REQUIRE_CALL(mlock(area.data(), area.bytes()));
  // Locked memory is populated again only by a fault.
  const std::string pages = chain_after(area.range(), [&] { advise(area, 2, 2, dontneed_locked); });
  EXPECT_EQ(pages, "..ZZ....");
}

TEST_CASE(locked_when_they_are_touched) {
  Area area(8);
  REQUIRE_CALL(mlock2(area.data(), area.bytes(), MLOCK_ONFAULT));
  const std::string pages = chain_after(area.range(), [&] { touch(area.page(5)); });
  EXPECT_EQ(pages, "ZZZZZDZZ");
}

TEST_CASE(all_of_a_process_is_locked) {
  Child target([](Child::Steps& steps) {
    Area area(16);
    fill(area, 8);
    REQUIRE_CALL(mlockall(MCL_CURRENT | MCL_FUTURE));
    steps.tell(area.range().start);
    steps.pause();
    touch(area.page(3));
    // Locked, and so populated, at once.
    REQUIRE(mmap(area.page(8), 4 * page_size, PROT_READ | PROT_WRITE, Area::anonymous | MAP_FIXED,
                 -1, 0) != MAP_FAILED);
    steps.pause();
  });
  const std::uint64_t start = target.value();
  const std::string pages = chain_after(
      {start, start + 16 * page_size}, [&] { target.step(); }, target.pid());
  EXPECT_EQ(pages.substr(0, 8), "...D....");
  EXPECT_EQ(pages.substr(12), "....");
  target.finish();
}

TEST_CASE(locked_pages_are_copied_when_written_to_later) {
  Area area(256);
  fill(area, 9);
  REQUIRE_CALL(mlock(area.data(), area.bytes()));
  expect_unaffected_by(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 2) touch(area.page(i));
  });
  EXPECT_EQ(smaps_bytes(area.range(), "Locked"), area.bytes());
}

TEST_CASE(what_a_core_dump_leaves_out_is_saved) {
  Area area(8);
  fill(area, 10);
  advise(area, 2, 4, MADV_DONTDUMP);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "nodump"), 0);
  EXPECT_EQ(picture("nodump", area.range()), "DDDDDDDD");
  expect_chain_equals_memory({"nodump"}, area.range());
}
