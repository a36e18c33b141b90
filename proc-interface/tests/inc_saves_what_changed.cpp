// SPDX-License-Identifier: GPL-2.0-or-later
// full saves every page, inc exactly those that were written since.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_CASE(full_saves_every_page) {
  Area area(8);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  EXPECT_EQ(picture("full", area.range()), "DDDDDDDD");
  expect_chain_equals_memory({"full"}, area.range());
}

TEST_CASE(pages_never_touched_are_zero) {
  Area area(8);
  touch(area.page(2));
  touch(area.page(7));
  // Reading maps the zero page: still not data.
  EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(5)), 0);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "sparse"), 0);
  EXPECT_EQ(picture("sparse", area.range()), "ZZDZZZZD");
  expect_chain_equals_memory({"sparse"}, area.range());
}

TEST_CASE(inc_saves_only_pages_written_since) {
  Area area(8);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "base"), 0);
  touch(area.page(1));
  touch(area.page(6));
  touch(area.page(7));
  REQUIRE_EQ(self.inc(area.range(), "inc1"), 0);
  EXPECT_EQ(picture("inc1", area.range()), ".D....DD");
  touch(area.page(0));
  REQUIRE_EQ(self.inc(area.range(), "inc2"), 0);
  EXPECT_EQ(picture("inc2", area.range()), "D.......");
  expect_chain_equals_memory({"base", "inc1", "inc2"}, area.range());
}

TEST_CASE(a_store_across_two_pages) {
  struct [[gnu::packed]] Unaligned {
    volatile std::uint64_t word;
  };
  Area area(8);
  fill(area, 7);
  const std::string pages = chain_after(area.range(), [&] {
    reinterpret_cast<Unaligned*>(area.page(4) - 3)->word = 0x0123456789abcdef;
  });
  EXPECT_EQ(pages, "...DD...");
}

// Unchanged entries are passed several at a time: here is one that is not, in each
// place among them, behind and in front of some that are.
TEST_CASE(one_page_among_unchanged_ones) {
  constexpr std::size_t pages = 400, step = 25;
  const auto is_exact = [&](
                            char letter, const std::function<void(unsigned char*)>& change,
                            const std::function<void()>& then = [] {}) {
    Area area(pages);
    fill(area, 9);
    const std::string found = chain_after(area.range(), [&] {
      for (std::size_t i = 0; i < pages; i += step) change(area.page(i));
      then();
    });
    std::string expected(pages, '.');
    for (std::size_t i = 0; i < pages; i += step) expected[i] = letter;
    EXPECT_EQ(found, expected);
  };
  const auto store = [](unsigned char* page) { touch(page); };
  is_exact('D', store);
  // Soft-dirty, and not writable any more.
  is_exact('D', store, [] { Child([](Child::Steps& steps) { steps.pause(); }).finish(); });
  const auto unmap = [](unsigned char* page) {
    REQUIRE_CALL(madvise(page, page_size, MADV_DONTNEED));
  };
  is_exact('Z', unmap);
  is_exact('Z', [&](unsigned char* page) {
    unmap(page);
    // The zero page.
    EXPECT_EQ(*static_cast<volatile unsigned char*>(page), 0);
  });
}

// At all distances from the next, with neighbours and without, in a range that begins
// and ends anywhere among pages that are unchanged, too.
TEST_CASE(pages_here_and_there) {
  constexpr std::size_t pages = 1101, around = 24;
  constexpr std::size_t distances[] = {2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 513};
  for (std::size_t d = 0; d < std::size(distances); d += thinned(3))
    for (std::size_t neighbours : {1, 2, 3}) {
      const std::size_t distance = distances[d];
      if (neighbours >= distance) continue;
      Area area(around + pages + around);
      fill(area, distance);
      Checkpointer self;
      REQUIRE_EQ(self.full(area.range(), "all"), 0);
      unlink("all");
      const std::size_t first = around - distance % 8;
      std::string expected(pages, '.');
      const std::string found = chain_after(area.range(first, pages), [&] {
        for (std::size_t i = 0; i < pages; i++) {
          if (i % distance >= neighbours) continue;
          touch(area.page(first + i));
          expected[i] = 'D';
        }
      });
      EXPECT_EQ(found, expected, distance, neighbours);
    }
}

// So are entries of pages that there are not.
TEST_CASE(one_page_among_holes) {
  constexpr std::size_t pages = 1197, step = 25;
  Area area(1210);
  const Range range = area.range(0, pages);
  std::string expected(pages, 'Z');
  Checkpointer self;
  // What comes behind the range is none of its business.
  touch(area.page(1205));
  for (std::size_t i = 0; i < pages; i += step) {
    touch(area.page(i));
    expected[i] = 'D';
  }
  REQUIRE_EQ(self.full(range, "holes"), 0);
  EXPECT_EQ(picture("holes", range), expected);
  for (std::size_t i = 0; i < pages; i += step) {
    expected[i] = '.';
    // A new neighbour, and one that goes.
    if (i % 2) {
      touch(area.page(i + 1));
      expected[i + 1] = 'D';
    } else if (i % 4) {
      REQUIRE_CALL(madvise(area.page(i), page_size, MADV_DONTNEED));
      expected[i] = 'Z';
    }
  }
  REQUIRE_EQ(self.inc(range, "holes.inc"), 0);
  EXPECT_EQ(picture("holes.inc", range), expected);
  expect_chain_equals_memory({"holes", "holes.inc"}, range);
}

// So are many that follow one another and were taken early: to where they end.
TEST_CASE(neighbours_among_unchanged_ones) {
  constexpr std::size_t pages = 1200;
  constexpr std::size_t runs[] = {63, 64, 65, 71, 77, 100, 508, 509, 517, 1030};
  for (std::size_t run = 0; run < std::size(runs); run += thinned(3)) {
    const std::size_t many = runs[run];
    Area area(pages);
    fill(area, many);
    const std::string found = chain_after(area.range(), [&] {
      for (std::size_t i = 0; i < many; i++) touch(area.page(5 + i));
    });
    EXPECT_EQ(found,
              std::string(5, '.') + std::string(many, 'D') + std::string(pages - 5 - many, '.'));
  }
}

TEST_CASE(stores_by_several_threads) {
  Area area(64);
  fill(area, 8);
  const std::string pages = chain_after(area.range(), [&] {
    std::vector<std::thread> threads;
    // Page 0 is everybody's, the others have an owner.
    for (std::size_t number = 1; number <= 4; number++)
      threads.emplace_back([&area, number] {
        area.page(0)[number] = 1;
        for (std::size_t i = number * 10; i < number * 10 + 3; i++) touch(area.page(i));
      });
    for (std::thread& thread : threads) thread.join();
  });
  std::string expected(64, '.');
  for (std::size_t i : {0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42}) expected[i] = 'D';
  EXPECT_EQ(pages, expected);
}

TEST_CASE(inc_of_unchanged_memory_saves_nothing) {
  Area area(64);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "still"), 0);
  for (const char* path : {"still1", "still2"}) {
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    EXPECT_EQ(count(picture(path, area.range()), '.'), 64u);
    EXPECT_EQ(self.status().number("last.pages_saved"), 0u);
  }
  expect_chain_equals_memory({"still", "still1", "still2"}, area.range());
}

TEST_CASE(a_full_between_is_the_new_baseline) {
  Area area(4);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "f1"), 0);
  touch(area.page(0));
  REQUIRE_EQ(self.full(area.range(), "f2"), 0);
  EXPECT_EQ(picture("f2", area.range()), "DDDD");
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "f2.inc"), 0);
  EXPECT_EQ(picture("f2.inc", area.range()), "...D");
  EXPECT_EQ(open_image("f2.inc").info().parent == open_image("f2").info().id, true);
  expect_chain_equals_memory({"f2", "f2.inc"}, area.range());
}

TEST_CASE(a_page_written_with_the_same_bytes_may_be_saved_but_others_are_not) {
  Area area(4);
  fill(area, 5);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "same"), 0);
  volatile unsigned char* byte = area.page(2);
  *byte = *byte;
  REQUIRE_EQ(self.inc(area.range(), "same.inc"), 0);
  EXPECT_EQ(picture("same.inc", area.range()).substr(0, 2), "..");
  expect_chain_equals_memory({"same", "same.inc"}, area.range());
}

TEST_CASE(ids_and_sequence_numbers_link_the_chain) {
  Area area(2);
  fill(area, 6);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "s0"), 0);
  REQUIRE_EQ(self.inc(area.range(), "s1"), 0);
  REQUIRE_EQ(self.inc(area.range(), "s2"), 0);
  checkpoint::Info info[] = {open_image("s0").info(), open_image("s1").info(),
                             open_image("s2").info()};
  for (unsigned i = 0; i < 3; i++) {
    EXPECT_EQ(info[i].seq, i);
    EXPECT(!checkpoint::is_zero(info[i].id));
  }
  EXPECT(checkpoint::is_zero(info[0].parent));
  EXPECT(info[1].parent == info[0].id);
  EXPECT(info[2].parent == info[1].id);
  EXPECT(info[0].id != info[1].id && info[1].id != info[2].id);
}
