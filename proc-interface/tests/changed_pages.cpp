// SPDX-License-Identifier: GPL-2.0-or-later
// pagemap and PAGEMAP_SCAN, and so cpctl maps, show which pages changed since the
// checkpoint, although their mappings have VM_SOFTDIRTY.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>

#include "checkpoint/pagemap.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/hugetlb.h"
#include "support/maps.h"
#include "support/memory.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// By PAGEMAP_SCAN, where there is one.
std::uint64_t counted(const Range& range) {
  const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  REQUIRE_CALL(fd);
  const auto pages = checkpoint::count_pages(fd, range.start, range.end);
  close(fd);
  return pages.changed;
}

/// The column of cpctl maps.
std::uint64_t shown(const Range& range) {
  const Output output = run({cpctl(), "--pid", std::to_string(getpid()), "maps"});
  REQUIRE_EQ(output.status, 0, output.text);
  std::ostringstream start;
  start << "0x" << std::hex << range.start << '-';
  std::istringstream line(
      output.text.substr(std::min(output.text.find(start.str()), output.text.size())));
  std::string word;
  std::uint64_t pages = 0, resident = 0, swapped = 0, changed = 0;
  line >> word >> word >> pages >> resident >> swapped >> changed;
  REQUIRE(line && pages == range.pages(), output.text);
  return changed;
}

void expect_changed(const Range& range, std::uint64_t pages) {
  EXPECT_EQ(shown(range), pages);
  EXPECT(smaps_flag(range, "sd"), range);
  EXPECT_EQ(counted(range), pages);
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count_if(
                pagemap(range), [](const PageMapEntry& entry) { return entry.soft_dirty(); })),
            pages);
}

}  // namespace

TEST_CASE(small_pages) {
  const Area area(16);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "small_pages"), 0);
  expect_changed(area.range(), 0);
  for (std::size_t i : {3, 4, 9}) touch(area.page(i));
  expect_changed(area.range(), 3);
  REQUIRE_EQ(self.inc(area.range(), "small_pages.inc"), 0);
  expect_changed(area.range(), 0);
}

TEST_CASE(pages_that_were_never_touched) {
  const Area area(16);
  touch(area.page(5));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "pages_that_were_never_touched"), 0);
  expect_changed(area.range(), 0);
  touch(area.page(6));
  expect_changed(area.range(), 1);
}

TEST_CASE(huge_pages) {
  const Area area = huge_area(2, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "huge_pages"), 0);
  expect_changed(area.range(), 0);
}

// The entries of shared pages prove nothing, and each inc has all of them.
TEST_CASE(shared_pages) {
  const Area area(4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "shared_pages"), 0);
  expect_changed(area.range(), 4);
}

// Likewise, private as well.
TEST_CASE(hugetlb_pages) {
  const HugetlbPool pool(2);
  const Area area(2 * huge_size / page_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "hugetlb_pages"), 0);
  expect_changed(area.range(), area.pages());
}

TEST_CASE(nobody_made_a_checkpoint) {
  Child child([](Child::Steps& steps) {
    steps.pause();
    const Area area(4);
    // The zero page, which no entry calls soft-dirty.
    for (std::size_t i = 0; i < area.pages(); i++)
      EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(i)), 0);
    expect_changed(area.range(), 4);
  });
  child.finish();
}
