// SPDX-License-Identifier: GPL-2.0-or-later
// Pages that are in swap when they are checkpointed, or were meanwhile.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

/// So many that some swap is certain; those still in use can't all go.
constexpr std::size_t pages = 1024;

void require_swapped(const Range& range) {
  REQUIRE(page_out(range) > range.pages() / 2, "hardly anything was paged out");
}

/// In zswap.
std::uint64_t stored_pages() {
  return std::stoull(slurp("/sys/kernel/debug/zswap/stored_pages"));
}

}  // namespace

TEST_CASE(full_of_pages_in_swap) {
  Swap swap;
  Area area(pages);
  fill(area, 1);
  const std::vector<std::byte> before = copy_of(area.range());
  require_swapped(area.range());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  expect_image_holds("full", area.range(), before);
  expect_chain_equals_memory({"full"}, area.range());
}

TEST_CASE(pages_written_and_then_paged_out_are_in_the_inc) {
  Swap swap;
  Area area(pages);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "w"), 0);
  for (std::size_t i = 0; i < pages; i += 10) touch(area.page(i));
  require_swapped(area.range());
  REQUIRE_EQ(self.inc(area.range(), "w1"), 0);
  EXPECT_EQ(count(picture("w1", area.range()), 'D'), (pages + 9) / 10);
  expect_chain_equals_memory({"w", "w1"}, area.range());
}

TEST_CASE(clean_pages_in_swap_are_not_saved_again) {
  Swap swap;
  Area area(pages);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "c"), 0);
  require_swapped(area.range());
  REQUIRE_EQ(self.inc(area.range(), "c1"), 0);
  EXPECT_EQ(count(picture("c1", area.range()), 'D'), 0u);
  expect_chain_equals_memory({"c", "c1"}, area.range());
}

TEST_CASE(a_write_behind_a_read_swap_in) {
  Swap swap;
  Area area(pages);
  fill(area, 4);
  // A merge of mappings marks the whole of one as soft-dirty.
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "r"), 0);
  require_swapped(area.range());
  volatile unsigned char sum = 0;
  for (std::size_t i = 0; i < pages; i++) sum = sum + *area.page(i);
  for (std::size_t i = 0; i < pages; i += 3) touch(area.page(i));
  Child child([](Child::Steps& steps) { steps.pause(); });
  REQUIRE_EQ(self.inc(area.range(), "r1"), 0);
  child.finish();
  EXPECT_EQ(count(picture("r1", area.range()), 'D'), (pages + 2) / 3);
  expect_chain_equals_memory({"r", "r1"}, area.range());
}

TEST_CASE(pages_in_swap_that_a_forked_child_shares) {
  Swap swap;
  Area area(pages);
  fill(area, 5);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "s"), 0);
  for (std::size_t i = 0; i < pages; i += 2) touch(area.page(i));
  require_swapped(area.range());
  Child child([&](Child::Steps& steps) {
    fill(area, 6);
    steps.pause();
  });
  for (std::size_t i = 0; i < pages; i += 5) touch(area.page(i));
  page_out(area.range());
  REQUIRE_EQ(self.inc(area.range(), "s1"), 0);
  expect_chain_equals_memory({"s", "s1"}, area.range());
  child.finish();
}

TEST_CASE(compressed_in_memory) {
  constexpr const char* switched = "/sys/module/zswap/parameters/enabled";
  if (!exists(switched)) SKIP("no zswap");
  Swap swap;
  Area area(pages);
  fill(area, 9);
  // Random bytes alone can't be compressed.
  for (std::size_t i = 0; i < pages; i++)
    std::memset(area.page(i) + page_size / 2, 0, page_size / 2);
  put(switched, "Y");
  Incs incs = incs_after(area.range(), [&] {
    for (std::size_t i = 0; i < pages; i += 3) touch(area.page(i));
    const std::uint64_t before = stored_pages();
    require_swapped(area.range());
    EXPECT(stored_pages() > before + pages / 4, "hardly anything is in zswap", stored_pages());
  });
  EXPECT_EQ(count(incs.first, 'D'), (pages + 2) / 3);
  // It is swapped in by writes, and by reads.
  volatile unsigned char sum = 0;
  incs = incs_after(area.range(), [&] {
    require_swapped(area.range());
    for (std::size_t i = 0; i < pages; i += 5) touch(area.page(i));
    for (std::size_t i = 0; i < pages; i++) sum = sum + *area.page(i);
  });
  put(switched, "N");
  EXPECT_EQ(count(incs.first, 'D'), (pages + 4) / 5);
  EXPECT_EQ(count(incs.second, 'D'), 0u);
}

// What the preparation reads from swap is there again when the pages are taken.
TEST_CASE(paged_out_all_the_time) {
  Swap swap;
  constexpr std::size_t few = 512;
  Area area(few);
  fill(area, 10);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "t0"), 0);
  std::vector<std::string> chain{"t0"};
  std::uint64_t busy = self.status().number("last.pages_copied");
  std::atomic<bool> stop = false;
  std::thread pager([&] {
    while (!stop) madvise(area.data(), area.bytes(), MADV_PAGEOUT);
  });
  for (std::size_t round = 1; round <= 6; round++) {
    for (std::size_t i = round % 3; i < few; i += 3) touch(area.page(i));
    page_out(area.range());
    const std::string path = "t" + std::to_string(round);
    int error = EAGAIN;
    for (int attempt = 0; attempt < 10 && error == EAGAIN; attempt++)
      error = self.inc(area.range(), path);
    EXPECT_EQ(errno_text(error), "0", path);
    if (error) break;
    chain.push_back(path);
    // Those that reclaim held the last time looked busy, and are in this one, too.
    const std::size_t saved = count(picture(path, area.range()), 'D');
    const std::size_t written = (few - round % 3 + 2) / 3;
    EXPECT(saved >= written && saved <= written + busy, path, saved, written, busy);
    busy = self.status().number("last.pages_copied");
  }
  stop = true;
  pager.join();
  expect_chain_equals_memory(chain, area.range());
}

TEST_CASE(swapoff_between) {
  Area area(pages);
  fill(area, 7);
  Checkpointer self;
  {
    Swap swap;
    REQUIRE_EQ(self.full(area.range(), "off"), 0);
    for (std::size_t i = 0; i < pages; i += 4) touch(area.page(i));
    require_swapped(area.range());
  }
  REQUIRE_EQ(self.inc(area.range(), "off1"), 0);
  EXPECT_EQ(count(picture("off1", area.range()), 'D'), pages / 4);
  expect_chain_equals_memory({"off", "off1"}, area.range());
}

TEST_CASE(swapoff_while_the_image_is_written) {
  auto swap = std::make_unique<Swap>();
  Area area(pages);
  fill(area, 8);
  expect_unaffected_by(area.range(), [&] {
    for (std::size_t i = 0; i < pages; i += 2) touch(area.page(i));
    page_out(area.range());
    swap.reset();
    for (std::size_t i = 0; i < pages; i += 3) touch(area.page(i));
  });
}
