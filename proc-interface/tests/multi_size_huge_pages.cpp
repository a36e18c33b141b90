// SPDX-License-Identifier: GPL-2.0-or-later
// Anonymous memory in large folios that are mapped by small entries (mTHP).
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t per_folio = 16;  // 64 KiB

/// Memory in @folios with contents.
Area make_area(const FolioSize& size, std::size_t folios, std::uint64_t seed) {
  if (!size.supported()) SKIP("no sizes of huge pages but one in this kernel");
  // Flags that differ keep Area from asking for small pages.
  Area area(folios * per_folio, PROT_READ | PROT_WRITE, Area::anonymous | MAP_NORESERVE);
  const std::uint64_t before = size.made();
  fill(area, seed);
  if (size.made() - before < folios) SKIP("no large folios to be had");
  const std::vector<PageMapEntry> entries = pagemap(area.range());
  for (std::size_t i = 0; i < area.pages(); i++)
    REQUIRE_EQ(entries[i].frame(), entries[i - i % per_folio].frame() + i % per_folio);
  return area;
}

}  // namespace

TEST_CASE(only_what_was_written_is_saved) {
  const FolioSize size(64, "always");
  Area area = make_area(size, 4, 1);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    touch(area.page(per_folio * 2));
  });
  std::string expected(area.pages(), '.');
  expected[3] = expected[per_folio * 2] = 'D';
  EXPECT_EQ(pages, expected);
}

TEST_CASE(nothing_of_one_is_copied_in_the_stall) {
  const FolioSize size(64, "always");
  Area area = make_area(size, 4, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "stall"), 0);
  EXPECT_EQ(self.status().number("last.pages_copied"), 0u);
  expect_chain_equals_memory({"stall"}, area.range());
}

TEST_CASE(written_while_the_image_is_written) {
  const FolioSize size(64, "always");
  Area area = make_area(size, 64, 3);
  expect_unaffected_by(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 5) touch(area.page(i));
    REQUIRE_CALL(madvise(area.page(40), 30 * page_size, MADV_DONTNEED));
    Child child([&](Child::Steps& steps) {
      for (std::size_t i = 0; i < area.pages(); i += 3) touch(area.page(i));
      steps.pause();
    });
    for (std::size_t i = 2; i < area.pages(); i += 5) touch(area.page(i));
    child.finish();
  });
}

TEST_CASE(a_range_that_ends_within_them) {
  const FolioSize size(64, "always");
  Area area = make_area(size, 3, 4);
  const Range middle = area.range(5, 2 * per_folio);
  const std::string pages = chain_after(middle, [&] {
    touch(area.page(4));
    touch(area.page(5));
    touch(area.page(5 + 2 * per_folio));
  });
  EXPECT_EQ(pages, "D" + std::string(2 * per_folio - 1, '.'));
}

TEST_CASE(partly_dropped_moved_and_protected) {
  const FolioSize size(64, "always");
  Area area = make_area(size, 4, 5);
  const std::string pages = chain_after(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(2), 3 * page_size, MADV_DONTNEED));
    REQUIRE_CALL(mprotect(area.page(per_folio + 4), 2 * page_size, PROT_READ));
    touch(area.page(per_folio + 6));
    REQUIRE(mremap(area.page(2 * per_folio), 5 * page_size, 5 * page_size,
                   MREMAP_MAYMOVE | MREMAP_FIXED, area.page(3 * per_folio)) != MAP_FAILED);
  });
  EXPECT_EQ(pages.substr(0, 8), "..ZZZ...");
  EXPECT_EQ(count(pages.substr(per_folio, per_folio), 'D'), 1u);
  EXPECT_EQ(pages.substr(2 * per_folio, 6), "-----.");
  EXPECT_EQ(pages.substr(3 * per_folio, 6), "DDDDD.");
}

TEST_CASE(written_then_paged_out) {
  Swap swap;
  const FolioSize size(64, "always");
  Area area = make_area(size, 64, 6);
  const std::string pages = chain_after(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 7) touch(area.page(i));
    EXPECT(page_out(area.range()) > area.pages() / 2);
  });
  EXPECT_EQ(count(pages, 'D'), (area.pages() + 6) / 7);
}

TEST_CASE(small_pages_that_nobody_may_write_are_collapsed_into_them) {
  constexpr const char* sleep =
      "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs";
  if (!exists("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/stats/collapse_alloc"))
    SKIP("no collapse into large folios in this kernel");
  Area area(huge_size / page_size);
  fill(area, 7);
  const FolioSize huge(huge_size / 1024, "never");
  const FolioSize size(64, "always");
  const std::string slept = slurp(sleep);
  REQUIRE_EQ(put(sleep, "1"), 0);
  const auto collapsed = [&] {
    const std::vector<PageMapEntry> entries = pagemap(area.range(0, 2 * per_folio));
    for (std::size_t i = 0; i < entries.size(); i++)
      if (entries[i].frame() != entries[i - i % per_folio].frame() + i % per_folio) return false;
    return true;
  };
  REQUIRE(!collapsed(), "large folios already");
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    REQUIRE_CALL(madvise(area.page(per_folio + 4), page_size, MADV_DONTNEED));
    REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ));
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
    for (int i = 0; i < 200 && !collapsed(); i++) usleep(100000);
    REQUIRE(collapsed(), "khugepaged did not collapse them");
  });
  put(sleep, slept);
  EXPECT_EQ(pages[3], 'D');
  EXPECT_EQ(pages[per_folio + 4], 'D');
}
