// SPDX-License-Identifier: GPL-2.0-or-later
// Memory in transparent huge pages: whole, partly written, cut by the range.
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t per_huge = huge_size / page_size;

}  // namespace

TEST_CASE(full_takes_them_whole_and_does_not_split_them) {
  Area area = huge_area(4, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "thp"), 0);
  EXPECT_EQ(count(picture("thp", area.range()), 'D'), area.pages());
  EXPECT_EQ(self.status().number("last.pages_copied"), 0u);
  EXPECT_EQ(smaps_bytes(area.range(), "AnonHugePages"), area.bytes());
  expect_chain_equals_memory({"thp"}, area.range());
}

TEST_CASE(inc_after_writing_to_one_of_them) {
  Area area = huge_area(4, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "one"), 0);
  touch(area.page(per_huge + 17));
  REQUIRE_EQ(self.inc(area.range(), "one1"), 0);
  const std::string pages = picture("one1", area.range());
  EXPECT_EQ(pages[per_huge + 17], 'D');
  // What is written is known by the huge page at worst.
  EXPECT_EQ(count(pages.substr(0, per_huge), 'D'), 0u);
  EXPECT_EQ(count(pages.substr(2 * per_huge), 'D'), 0u);
  REQUIRE_EQ(self.inc(area.range(), "one2"), 0);
  EXPECT_EQ(count(picture("one2", area.range()), 'D'), 0u);
  expect_chain_equals_memory({"one", "one1", "one2"}, area.range());
}

TEST_CASE(a_range_that_ends_within_them) {
  Area area = huge_area(3, 3);
  const Range middle = area.range(100, per_huge * 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(middle, "cut"), 0);
  expect_chain_equals_memory({"cut"}, middle);
  touch(area.page(99));   // outside
  touch(area.page(100));  // inside, same huge page
  touch(area.page(100 + per_huge * 2 - 1));
  touch(area.page(100 + per_huge * 2));  // outside
  REQUIRE_EQ(self.inc(middle, "cut1"), 0);
  const std::string pages = picture("cut1", middle);
  EXPECT_EQ(pages.front(), 'D');
  EXPECT_EQ(pages.back(), 'D');
  expect_chain_equals_memory({"cut", "cut1"}, middle);
}

TEST_CASE(a_range_of_one_small_page_within_one) {
  Area area = huge_area(1, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(77, 1), "small"), 0);
  touch(area.page(77));
  REQUIRE_EQ(self.inc(area.range(77, 1), "small1"), 0);
  EXPECT_EQ(picture("small1", area.range(77, 1)), "D");
  expect_chain_equals_memory({"small", "small1"}, area.range(77, 1));
}

TEST_CASE(split_and_collapsed_between) {
  Area area = huge_area(4, 5);
  Checkpointer self;
  ImageChain chain;
  auto inc = [&](const char* path) {
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    chain.expect_equals_memory(area.range());
  };
  inc("split0");
  REQUIRE_CALL(mprotect(area.page(30), page_size, PROT_READ));
  touch(area.page(31));
  inc("split1");
  REQUIRE_CALL(madvise(area.page(per_huge + 5), 3 * page_size, MADV_DONTNEED));
  inc("split2");
  REQUIRE_CALL(mprotect(area.page(30), page_size, PROT_READ | PROT_WRITE));
  // Best effort: it collapses where the kernel can.
  madvise(area.data(), area.bytes(), MADV_COLLAPSE);
  inc("split3");
  touch(area.page(30));
  touch(area.page(per_huge + 6));
  inc("split4");
}

TEST_CASE(one_appears_by_a_fault) {
  Area one = huge_area(1, 8);  // or skip
  Area area(3 * per_huge);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
  touch(area.page(0));
  const std::string pages = chain_after(area.range(), [&] { touch(area.page(per_huge + 9)); });
  EXPECT_EQ(smaps_bytes(area.range(), "AnonHugePages"), 2 * huge_size);
  EXPECT_EQ(pages[per_huge + 9], 'D');
  EXPECT_EQ(count(pages.substr(2 * per_huge), 'Z'), per_huge);
}

TEST_CASE(small_pages_are_collapsed_into_one) {
  Area one = huge_area(1, 9);  // or skip
  Area area(2 * per_huge);
  fill(area, 10);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    REQUIRE_CALL(madvise(area.page(5), page_size, MADV_DONTNEED));
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
    int error = EAGAIN;
    for (int i = 0; i < 100 && error == EAGAIN; i++) {
      error = madvise(area.data(), huge_size, MADV_COLLAPSE) == 0 ? 0 : errno;
      if (error != 0) usleep(10000);
    }
    if (error == EINVAL) SKIP("no MADV_COLLAPSE in this kernel");
    REQUIRE_EQ(errno_text(error), "0");
    REQUIRE_EQ(smaps_bytes(area.range(), "AnonHugePages"), huge_size);
    touch(area.page(per_huge + 1));
  });
  EXPECT_EQ(pages[3], 'D');
  EXPECT_EQ(count(pages.substr(per_huge), 'D'), 1u);
}

TEST_CASE(split_by_the_kernel) {
  constexpr const char* split = "/sys/kernel/debug/split_huge_pages";
  if (!exists(split)) SKIP("no debugfs file to split them");
  Area area = huge_area(3, 11);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(per_huge));
    std::ostringstream request;
    request << getpid() << ",0x" << std::hex << area.range().start << ",0x" << area.range().end;
    REQUIRE_EQ(errno_text(put(split, request.str())), "0");
    REQUIRE_EQ(smaps_bytes(area.range(), "AnonHugePages"), 0u);
    touch(area.page(7));
  });
  // What was not written before the split is not made dirty by it.
  EXPECT_EQ(pages.substr(0, per_huge), ".......D" + std::string(per_huge - 8, '.'));
  EXPECT_EQ(pages[per_huge], 'D');
  EXPECT_EQ(count(pages.substr(2 * per_huge), '.'), per_huge);
}

// By whoever changes only a part of one.
TEST_CASE(split_by_a_change_of_a_part) {
  Area area = huge_area(2, 14);
  const std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(mprotect(area.page(30), page_size, PROT_READ));
    REQUIRE_EQ(smaps_bytes(area.range(), "AnonHugePages"), huge_size);
    touch(area.page(31));
  });
  EXPECT_EQ(pages, std::string(31, '.') + "D" + std::string(2 * per_huge - 32, '.'));
}

// Under memory pressure, one that is mostly zeros: these become the zero page.
TEST_CASE(split_because_little_of_it_is_used) {
  const std::string thp = "/sys/kernel/mm/transparent_hugepage/";
  const std::string allowed = thp + "khugepaged/max_ptes_none";
  if (!exists(thp + "shrink_underused")) SKIP("it does not split those");
  const std::string before = slurp(allowed);
  put(allowed, "100");
  Area area = huge_area(3, 12);
  const std::string pages = chain_after(area.range(), [&] {
    // Zeros are written now, and none were there.
    std::memset(area.page(1), 0, (per_huge - 9) * page_size);
    std::memset(area.page(per_huge), 0, huge_size);
    touch(area.page(per_huge + 5));
    for (int i = 0; i < 20 && smaps_bytes(area.range(), "AnonHugePages") > huge_size; i++)
      put("/proc/sys/vm/drop_caches", "2");
    EXPECT_EQ(smaps_bytes(area.range(), "AnonHugePages"), huge_size);
    EXPECT_EQ(smaps_bytes(area.range(), "Rss"), huge_size + (1 + 8 + 1) * page_size);
    touch(area.page(per_huge + 7));
  });
  put(allowed, before);
  EXPECT_EQ(count(pages.substr(0, 2 * per_huge), '.'), 0u);
  EXPECT_EQ(count(pages.substr(2 * per_huge), '.'), per_huge);
}

TEST_CASE(dontneed_of_a_whole_one) {
  Area area = huge_area(3, 6);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "whole"), 0);
  REQUIRE_CALL(madvise(area.page(per_huge), huge_size, MADV_DONTNEED));
  // Reading maps the huge zero page, if there is one.
  EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(per_huge + 9)), 0);
  REQUIRE_EQ(self.inc(area.range(), "whole1"), 0);
  const std::string pages = picture("whole1", area.range());
  EXPECT_EQ(count(pages, 'Z'), per_huge);
  EXPECT_EQ(count(pages, 'D'), 0u);
  touch(area.page(per_huge + 9));
  REQUIRE_EQ(self.inc(area.range(), "whole2"), 0);
  expect_chain_equals_memory({"whole", "whole1", "whole2"}, area.range());
}

TEST_CASE(shared_with_a_forked_child) {
  Area area = huge_area(2, 7);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "forked"), 0);
  Child child([&](Child::Steps& steps) {
    steps.pause();
    touch(area.page(8));
    steps.pause();
  });
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "forked1"), 0);
  child.step();
  touch(area.page(per_huge + 3));
  REQUIRE_EQ(self.inc(area.range(), "forked2"), 0);
  expect_chain_equals_memory({"forked", "forked1", "forked2"}, area.range());
  child.finish();
  REQUIRE_EQ(self.full(area.range(), "alone"), 0);
  expect_chain_equals_memory({"alone"}, area.range());
}
