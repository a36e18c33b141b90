// SPDX-License-Identifier: GPL-2.0-or-later
// Large reservations with little in them cost what is in them.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t tebibyte = std::size_t{1} << 40;
constexpr int reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

off_t size_of(const char* path) {
  struct stat st {};
  REQUIRE_CALL(stat(path, &st));
  return st.st_size;
}

}  // namespace

TEST_CASE(a_tebibyte_without_access) {
  Area area(tebibyte / page_size, PROT_NONE, reserve);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "none"), 0);
  EXPECT(size_of("none") < 65536, size_of("none"));
  EXPECT_EQ(open_image("none").runs().size(), 1u);
  REQUIRE_EQ(self.inc(area.range(), "none1"), 0);
  EXPECT(size_of("none1") < 65536, size_of("none1"));
}

TEST_CASE(sixteen_tebibytes_with_some_pages_far_apart) {
  Area area(16 * tebibyte / page_size, PROT_READ | PROT_WRITE, reserve);
  const std::size_t step = area.pages() / 37;
  std::size_t filled = 0;
  for (std::size_t i = 5; i < area.pages() - 1; i += step, filled++) fill_page(area.page(i), i);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "far"), 0);
  checkpoint::Image image = open_image("far");
  EXPECT_EQ(image.info().pages_data, filled);
  EXPECT(size_of("far") < 1 << 20, size_of("far"));
  for (std::size_t i = 5; i < area.pages() - 1; i += step)
    expect_image_holds("far", area.range(i - 1, 3), copy_of(area.range(i - 1, 3)));

  touch(area.page(5 + step));
  REQUIRE_EQ(self.inc(area.range(), "far1"), 0);
  EXPECT_EQ(picture("far1", area.range(5, 1)), ".");
  EXPECT_EQ(picture("far1", area.range(5 + step, 1)), "D");
  EXPECT_EQ(open_image("far1").info().pages_data, 1u);
}

// Page tables that there are not are passed several at a time, too.
TEST_CASE(five_gibibytes_with_a_page_in_every_seventh_table) {
  constexpr std::size_t table = 512, pages = 5 * table * table;
  Area area(pages, PROT_READ | PROT_WRITE, reserve);
  REQUIRE_CALL(madvise(area.page(0), pages * page_size, MADV_NOHUGEPAGE));
  // It begins within a table.
  constexpr std::size_t from = 100, count = pages - 357, step = 7 * table + 61;
  std::string expected(count, 'Z');
  for (std::size_t i = from; i < from + count; i += step) {
    fill_page(area.page(i), i);
    expected[i - from] = 'D';
  }
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(from, count), "tables"), 0);
  EXPECT(picture("tables", area.range(from, count)) == expected);

  for (std::size_t i = from; i < from + count; i += step) expected[i - from] = '.';
  // One that goes, one that changes, one in a table that there was not.
  REQUIRE_CALL(madvise(area.page(from + step), page_size, MADV_DONTNEED));
  expected[step] = 'Z';
  touch(area.page(from + 2 * step));
  expected[2 * step] = 'D';
  fill_page(area.page(from + 3 * step + 3 * table), 3);
  expected[3 * step + 3 * table] = 'D';
  REQUIRE_EQ(self.inc(area.range(from, count), "tables1"), 0);
  EXPECT(picture("tables1", area.range(from, count)) == expected);
  expect_chain_equals_memory({"tables", "tables1"}, area.range(from, count));
}

TEST_CASE(mappings_that_meet_where_there_are_no_tables) {
  constexpr std::size_t pages = 32 * 512, border = 5 * 512 + 100;
  Area area(pages, PROT_READ | PROT_WRITE, reserve);
  REQUIRE_CALL(madvise(area.page(0), pages * page_size, MADV_NOHUGEPAGE));
  touch(area.page(0));
  touch(area.page(pages - 1));
  REQUIRE_CALL(mprotect(area.page(border), (pages - border) * page_size, PROT_READ));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "border"), 0);
  const checkpoint::Image image = open_image("border");
  const std::vector<checkpoint::Run>& runs = image.runs();
  REQUIRE_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[1].end, area.range(border, 1).start);
  EXPECT_EQ(runs[2].start, area.range(border, 1).start);
  EXPECT(runs[1].mapping != runs[2].mapping);
  expect_chain_equals_memory({"border"}, area.range());
}
