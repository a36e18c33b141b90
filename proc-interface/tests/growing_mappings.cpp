// SPDX-License-Identifier: GPL-2.0-or-later
// Mappings that are merged, split and grown: the kernel marks the whole of them
// as changed (VM_SOFTDIRTY), which must neither make every inc a full one nor
// hide a change.
#include <sys/mman.h>
#include <unistd.h>

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

constexpr int rw = PROT_READ | PROT_WRITE;
// Without the advice that Area gives by itself, so that neighbours are alike.
constexpr int plain = Area::anonymous | MAP_NORESERVE;

void map_at(const Area& area, std::size_t first, std::size_t pages, int flags = plain) {
  REQUIRE(mmap(area.page(first), pages * page_size, rw, flags | MAP_FIXED, -1, 0) != MAP_FAILED,
          std::strerror(errno));
}

/// Takes the mark from all mappings of this process.
void clear_marks(const Area& area) {
  REQUIRE_EQ(put("/proc/self/clear_refs", "4"), 0);
  REQUIRE(!smaps_flag(area.range(), "sd"));
}

}  // namespace

TEST_CASE(merged_with_a_new_mapping) {
  Area area(16, rw, plain);
  REQUIRE_CALL(munmap(area.page(8), 8 * page_size));
  for (std::size_t i = 0; i < 8; i++) fill_page(area.page(i), i + 1);
  clear_marks(area);
  const std::string pages = chain_after(area.range(), [&] {
    map_at(area, 8, 8);
    REQUIRE_EQ(mappings_in(0, area.range()).size(), 1u);
    REQUIRE(smaps_flag(area.range(), "sd"));
    touch(area.page(3));
    touch(area.page(12));
  });
  EXPECT_EQ(pages, "...D....ZZZZDZZZ");
}

TEST_CASE(merged_on_both_sides_then_paged_out_and_read) {
  constexpr std::size_t part = 512;
  Swap swap;
  Area area(3 * part, rw, plain);
  fill(area, 2);
  REQUIRE_CALL(munmap(area.page(part), part * page_size));
  clear_marks(area);
  const std::string pages = chain_after(area.range(), [&] {
    map_at(area, part, part);
    REQUIRE_EQ(mappings_in(0, area.range()).size(), 1u);
    EXPECT(page_out(area.range()) > part);
    // Swapped in by a read, such a page could be writable at once.
    volatile unsigned char sum = 0;
    for (std::size_t i = 0; i < area.pages(); i++) sum = sum + *area.page(i);
    for (std::size_t i = 0; i < part; i += 2) touch(area.page(i));
  });
  for (std::size_t i = 0; i < part; i++) EXPECT_EQ(pages[i], i % 2 == 0 ? 'D' : '.', "page", i);
  EXPECT_EQ(count(pages.substr(2 * part), '.'), part);
}

TEST_CASE(split_and_merged_again) {
  for (bool marked : {true, false}) {
    Area area(16, rw, plain);
    fill(area, 3);
    if (!marked) clear_marks(area);
    REQUIRE_EQ(smaps_flag(area.range(), "sd"), marked);
    const std::string pages = chain_after(area.range(), [&] {
      REQUIRE_CALL(mprotect(area.page(4), 8 * page_size, PROT_READ));
      EXPECT_EQ(mappings_in(0, area.range()).size(), 3u);
      touch(area.page(2));
      REQUIRE_CALL(mprotect(area.page(4), 4 * page_size, rw));
      touch(area.page(5));
      REQUIRE_CALL(mprotect(area.page(8), 4 * page_size, rw));
      EXPECT_EQ(mappings_in(0, area.range()).size(), 1u);
      touch(area.page(10));
    });
    EXPECT_EQ(pages, "..D..D....D.....", "marked", marked);
  }
}

TEST_CASE(a_range_that_is_part_of_a_mapping) {
  Area area(16);
  fill(area, 4);
  const Range middle = area.range(4, 8);
  const std::string pages = chain_after(middle, [&] {
    touch(area.page(3));
    touch(area.page(4));
    touch(area.page(11));
    touch(area.page(12));
    // Across the ends of the range.
    REQUIRE_CALL(mprotect(area.page(2), 4 * page_size, PROT_READ));
    REQUIRE_CALL(munmap(area.page(10), 4 * page_size));
    map_at(area, 10, 3, Area::anonymous);
    touch(area.page(10));
  });
  EXPECT_EQ(pages, "D.....DZ");
}

TEST_CASE(two_ranges_of_one_mapping_that_grows) {
  Area area(24, rw, plain);
  fill(area, 5);
  REQUIRE_CALL(munmap(area.page(16), 8 * page_size));
  clear_marks(area);
  const Range left = area.range(0, 8), right = area.range(8, 16);
  Checkpointer self;
  REQUIRE_EQ(self.full(left, "left"), 0);
  const std::string pages = chain_after(right, [&] {
    map_at(area, 16, 8);
    touch(area.page(1));
    touch(area.page(9));
  });
  EXPECT_EQ(pages, ".D......ZZZZZZZZ");
  REQUIRE_EQ(self.inc(left, "left1"), 0);
  EXPECT_EQ(picture("left1", left), ".D......");
  expect_chain_equals_memory({"left", "left1"}, left);
}

TEST_CASE(a_mapping_that_grows_down) {
  Area area(64);
  REQUIRE_CALL(munmap(area.data(), area.bytes()));
  map_at(area, 60, 4, Area::anonymous | MAP_GROWSDOWN);
  for (std::size_t i = 60; i < 64; i++) fill_page(area.page(i), i);
  const std::string pages = chain_after(area.range(8, 56), [&] {
    touch(area.page(40));
    touch(area.page(61));
  });
  EXPECT_EQ(pages, std::string(32, '-') + "D" + std::string(19, 'Z') + ".D..");
}

TEST_CASE(the_stack_of_a_process_grows) {
  constexpr std::uint64_t growth = 64;
  Child target([](Child::Steps& steps) {
    steps.pause();
    volatile unsigned char deep[growth * page_size];
    for (std::size_t i = 0; i < sizeof deep; i += page_size)
      deep[i] = static_cast<unsigned char>(i);
    steps.pause();
  });
  Range range;
  for (const Mapping& mapping : mappings_of(target.pid()))
    if (mapping.name == "[stack]") range = mapping.range;
  REQUIRE(range.bytes() != 0);
  range.start -= 2 * growth * page_size;
  const std::string pages = chain_after(
      range, [&] { target.step(); }, target.pid());
  // It had room for some of them already.
  EXPECT(count(pages, 'D') >= growth, count(pages, 'D'));
  EXPECT(count(pages, '.') > 0, "all of it was saved");
  EXPECT(count(pages, '-') > 0);
  target.finish();
}
