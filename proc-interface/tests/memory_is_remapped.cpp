// SPDX-License-Identifier: GPL-2.0-or-later
// Between two checkpoints memory is dropped, unmapped, mapped again, moved and
// grown: full and incs together say exactly what is there in the end.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

void map_again(const Area& area, std::size_t first, std::size_t pages,
               int protection = PROT_READ | PROT_WRITE) {
  REQUIRE(mmap(area.page(first), pages * page_size, protection, Area::anonymous | MAP_FIXED, -1,
               0) != MAP_FAILED,
          std::strerror(errno));
}

}  // namespace

TEST_CASE(dontneed_makes_zeros) {
  Area area(8);
  fill(area, 1);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(2), 3 * page_size, MADV_DONTNEED));
    touch(area.page(4));
  });
  EXPECT_EQ(pages, "..ZZD...");
}

TEST_CASE(dontneed_and_read_makes_zeros) {
  Area area(8);
  fill(area, 2);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(2), 3 * page_size, MADV_DONTNEED));
    EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(3)), 0);
  });
  EXPECT_EQ(pages, "..ZZZ...");
}

TEST_CASE(free_is_zeros_or_as_before) {
  Area area(64);
  fill(area, 3);
  chain_after(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(8), 32 * page_size, MADV_FREE));
    touch(area.page(10));
  });
}

TEST_CASE(munmap_is_not_mapped) {
  Area area(8);
  fill(area, 4);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(munmap(area.page(0), page_size));
    REQUIRE_CALL(munmap(area.page(3), 2 * page_size));
  });
  EXPECT_EQ(pages, "-..--...");
}

TEST_CASE(munmap_of_everything) {
  Area area(8);
  fill(area, 5);
  std::string pages =
      chain_after(area.range(), [&] { REQUIRE_CALL(munmap(area.data(), area.bytes())); });
  EXPECT_EQ(pages, "--------");
}

TEST_CASE(munmap_and_mmap_at_the_same_place) {
  Area area(8);
  fill(area, 6);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(munmap(area.page(2), 4 * page_size));
    map_again(area, 2, 4);
    touch(area.page(3));
  });
  EXPECT_EQ(pages, "..ZDZZ..");
}

TEST_CASE(mmap_over_it_without_munmap) {
  Area area(8);
  fill(area, 7);
  std::string pages = chain_after(area.range(), [&] { map_again(area, 0, 8); });
  EXPECT_EQ(pages, "ZZZZZZZZ");
}

TEST_CASE(a_hole_that_is_filled_later) {
  Area area(8);
  fill(area, 8);
  REQUIRE_CALL(munmap(area.page(2), 4 * page_size));
  std::string pages = chain_after(area.range(), [&] {
    map_again(area, 3, 2);
    touch(area.page(4));
  });
  EXPECT_EQ(pages, "..-ZD-..");
}

TEST_CASE(mremap_of_small_pages_into_the_range) {
  Area area(16), source(16);
  fill(area, 9);
  fill(source, 10);
  chain_after(area.range(), [&] {
    REQUIRE(mremap(source.page(0), 4 * page_size, 4 * page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                   area.page(4)) != MAP_FAILED);
  });
}

TEST_CASE(mremap_within_the_range) {
  Area area(16);
  fill(area, 11);
  chain_after(area.range(), [&] {
    REQUIRE(mremap(area.page(0), 4 * page_size, 4 * page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                   area.page(8)) != MAP_FAILED);
  });
}

// Whole page tables move here, with the soft-dirty bits of where they were.
TEST_CASE(mremap_of_whole_page_tables) {
  constexpr std::size_t pages = 2 * huge_size / page_size;
  Area area(3 * pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 12);
  chain_after(area.range(), [&] {
    // Clean since the full: the third part is now where the first was.
    REQUIRE(mremap(area.page(2 * pages), pages * page_size, pages * page_size,
                   MREMAP_MAYMOVE | MREMAP_FIXED, area.page(0)) != MAP_FAILED);
  });
}

// The tables of a gibibyte move as one entry of the level above.
TEST_CASE(mremap_of_a_whole_gibibyte) {
  constexpr std::uint64_t gibibyte = 1 << 30;
  Area area(3 * gibibyte / page_size, PROT_READ | PROT_WRITE, Area::anonymous | MAP_NORESERVE);
  const std::uint64_t start = (area.range().start + gibibyte - 1) & ~(gibibyte - 1);
  const auto at = [start](std::uint64_t offset) { return reinterpret_cast<void*>(start + offset); };
  for (std::uint64_t offset = 0; offset < 2 * gibibyte; offset += gibibyte / 16)
    fill_page(at(offset), offset);
  chain_after({start, start + 2 * gibibyte}, [&] {
    REQUIRE(mremap(at(gibibyte), gibibyte, gibibyte, MREMAP_MAYMOVE | MREMAP_FIXED, at(0)) !=
            MAP_FAILED);
  });
}

TEST_CASE(mremap_of_whole_page_tables_from_outside) {
  constexpr std::size_t pages = 2 * huge_size / page_size;
  Area area(2 * pages), source(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  REQUIRE_CALL(madvise(source.data(), source.bytes(), MADV_NOHUGEPAGE));
  fill(area, 13);
  fill(source, 14);
  Checkpointer self;
  // The source is tracked, and clean, by a range of its own.
  REQUIRE_EQ(self.full(source.range(), "/dev/null"), 0);
  chain_after(area.range(), [&] {
    REQUIRE(mremap(source.data(), source.bytes(), source.bytes(), MREMAP_MAYMOVE | MREMAP_FIXED,
                   area.page(pages)) != MAP_FAILED);
  });
}

TEST_CASE(mremap_of_huge_pages) {
  constexpr std::size_t pages = huge_size / page_size;
  Area area = huge_area(4, 15);
  chain_after(area.range(), [&] {
    REQUIRE(mremap(area.page(2 * pages), 2 * huge_size, 2 * huge_size,
                   MREMAP_MAYMOVE | MREMAP_FIXED, area.page(0)) != MAP_FAILED);
    touch(area.page(5));
  });
}

TEST_CASE(mremap_that_leaves_the_old_place_mapped) {
  constexpr std::size_t pages = huge_size / page_size;
  Area area(4 * pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 16);
  chain_after(area.range(), [&] {
    REQUIRE(mremap(area.page(2 * pages), huge_size, huge_size,
                   MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, area.page(0)) != MAP_FAILED,
            std::strerror(errno));
  });
}

TEST_CASE(mremap_there_and_back) {
  constexpr std::size_t pages = huge_size / page_size;
  Area area(2 * pages), aside(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 17);
  chain_after(area.range(), [&] {
    for (void* to : {aside.data(), area.data()})
      REQUIRE(mremap(to == area.data() ? aside.data() : area.data(), huge_size, huge_size,
                     MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED);
    touch(area.page(9));
  });
}

TEST_CASE(mremap_out_of_the_range) {
  Area area(16), elsewhere(16);
  fill(area, 19);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE(mremap(area.page(4), 4 * page_size, 4 * page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                   elsewhere.page(0)) != MAP_FAILED);
    touch(elsewhere.page(1));
    touch(area.page(9));
  });
  EXPECT_EQ(pages, "....----.D......");
}

TEST_CASE(a_mapping_shrinks) {
  Area area(16);
  fill(area, 20);
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE(mremap(area.data(), 16 * page_size, 10 * page_size, 0) == area.data());
    touch(area.page(9));
  });
  EXPECT_EQ(pages, ".........D------");
}

TEST_CASE(a_mapping_grows_within_the_range) {
  Area area(64);
  fill(area, 18);
  REQUIRE_CALL(munmap(area.page(32), 32 * page_size));
  std::string pages = chain_after(area.range(), [&] {
    REQUIRE(mremap(area.data(), 32 * page_size, 48 * page_size, 0) == area.data());
    touch(area.page(40));
  });
  EXPECT_EQ(pages, std::string(32, '.') + "ZZZZZZZZDZZZZZZZ" + std::string(16, '-'));
}

TEST_CASE(realloc_of_a_large_block) {
  const int times = scaled(4);
  constexpr std::uint64_t around = 64 << 20;
  // glibc moves such a block with mremap, page tables and all.
  Child child([times](Child::Steps& steps) {
    std::size_t bytes = 8 * huge_size;
    auto* block = static_cast<unsigned char*>(std::malloc(bytes));
    REQUIRE(block != nullptr);
    std::memset(block, 0x5a, bytes);
    for (int i = 0; i < times; i++) {
      auto start = (reinterpret_cast<std::uint64_t>(block) + page_size - 1) & ~(page_size - 1);
      steps.tell(start);
      steps.tell(start + bytes - 2 * page_size);
      steps.pause();
      // Something right behind it, so that it has to move.
      auto* end = reinterpret_cast<void*>((start + bytes) & ~(page_size - 1));
      mmap(end, page_size, PROT_READ, Area::anonymous | MAP_FIXED_NOREPLACE, -1, 0);
      block[bytes / 2] = static_cast<unsigned char>(i);
      bytes += huge_size;
      block = static_cast<unsigned char*>(std::realloc(block, bytes));
      REQUIRE(block != nullptr);
      block[bytes - 1] = 1;
      steps.tell(reinterpret_cast<std::uint64_t>(block));
      steps.pause();
    }
  });
  Checkpointer target(child.pid());
  for (int i = 0; i < times; i++) {
    const std::uint64_t start = child.value(), end = child.value();
    // The old place and the new one, which is near.
    const Range range{start - around, end + around};
    const std::string name = "realloc" + std::to_string(i);
    REQUIRE_EQ(target.full(range, name), 0);
    child.step();
    const std::uint64_t moved_to = child.value();
    EXPECT(moved_to < start || moved_to >= end, "it did not move");
    EXPECT(moved_to >= range.start && moved_to + (end - start) < range.end, "it moved far away");
    REQUIRE_EQ(target.inc(range, name + ".inc"), 0);
    expect_chain_equals_memory({name, name + ".inc"}, range, child.pid());
    if (i + 1 < times) child.step();
  }
  child.finish();
}

TEST_CASE(the_heap_grows_and_shrinks) {
  Child child([](Child::Steps& steps) {
    auto* base = static_cast<unsigned char*>(sbrk(0));
    REQUIRE_CALL(brk(base + 64 * page_size));
    std::memset(base, 1, 64 * page_size);
    steps.tell((reinterpret_cast<std::uint64_t>(base) + page_size - 1) & ~(page_size - 1));
    steps.pause();
    REQUIRE_CALL(brk(base + 128 * page_size));
    base[100 * page_size] = 2;
    base[3 * page_size] = 3;
    steps.pause();
    REQUIRE_CALL(brk(base + 32 * page_size));
    REQUIRE_CALL(brk(base + 96 * page_size));
    steps.pause();
  });
  const std::uint64_t start = child.value();
  const Range range{start, start + 256 * page_size};
  Checkpointer target(child.pid());
  ImageChain chain;
  for (const char* path : {"heap", "heap1", "heap2"}) {
    REQUIRE_EQ(target.inc(range, path), 0);
    chain.add(path);
    chain.expect_equals_memory(range, child.pid());
    if (path != std::string("heap2")) child.step();
  }
  // The growth alone did not make the old pages look changed.
  EXPECT_EQ(count(picture("heap1", range), 'D'), 2u);
  child.finish();
}
