// SPDX-License-Identifier: GPL-2.0-or-later
// KSM merges equal pages and takes them apart again behind the process's back.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t pages = 256;
const std::string ksm = "/sys/kernel/mm/ksm/";

/// KSM at full speed for as long as this lives; all is unmerged at the end.
class Ksm {
 public:
  Ksm() {
    if (!exists(ksm + "run")) SKIP("no KSM");
    put(ksm + "pages_to_scan", "10000");
    put(ksm + "sleep_millisecs", "10");
    // It never finds a page equal that it believes to be volatile.
    put(ksm + "smart_scan", "0");
    REQUIRE_EQ(put(ksm + "run", "1"), 0);
  }
  Ksm(const Ksm&) = delete;
  Ksm& operator=(const Ksm&) = delete;
  ~Ksm() { put(ksm + "run", "2"); }

  /// Waits until most of the area is merged.
  static void merge(const Area& area) {
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_MERGEABLE));
    for (int i = 0; i < 1200; i++) {
      if (std::stoul(slurp(ksm + "pages_sharing")) > pages / 2) return;
      usleep(50000);
    }
    REQUIRE(false, "nothing was merged");
  }
};

/// Equal contents everywhere, so that all of it merges into one page.
void make_equal(const Area& area, std::uint64_t seed) {
  for (std::size_t i = 0; i < area.pages(); i++) fill_page(area.page(i), seed);
}

/// Pages of the area that are the zero page.
std::size_t zero_pages(const Area& area) {
  const Area untouched(1);
  EXPECT_EQ(*static_cast<volatile unsigned char*>(untouched.page(0)), 0);
  const std::uint64_t zero = pagemap(untouched.range())[0].frame();
  std::size_t found = 0;
  for (const PageMapEntry& entry : pagemap(area.range()))
    found += entry.present() && entry.frame() == zero;
  return found;
}

}  // namespace

TEST_CASE(written_then_merged) {
  Ksm running;
  Area area(pages);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "w"), 0);
  make_equal(area, 7);
  Ksm::merge(area);
  REQUIRE_EQ(self.inc(area.range(), "w1"), 0);
  EXPECT_EQ(count(picture("w1", area.range()), 'D'), pages);
  expect_chain_equals_memory({"w", "w1"}, area.range());
}

TEST_CASE(written_then_merged_then_taken_apart) {
  Ksm running;
  Area area(pages);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "u"), 0);
  make_equal(area, 8);
  Ksm::merge(area);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_UNMERGEABLE));
  REQUIRE_EQ(self.inc(area.range(), "u1"), 0);
  EXPECT_EQ(count(picture("u1", area.range()), 'D'), pages);
  expect_chain_equals_memory({"u", "u1"}, area.range());
}

// Pages of zeros can be merged into the zero page, which is nobody's.
TEST_CASE(written_with_zeros_then_merged) {
  if (!exists(ksm + "use_zero_pages")) SKIP("KSM knows no zero pages in this kernel");
  Ksm running;
  REQUIRE_EQ(put(ksm + "use_zero_pages", "1"), 0);
  Area area(pages);
  fill(area, 4);
  const std::string saved = chain_after(area.range(), [&] {
    std::memset(area.data(), 0, area.bytes() / 2);
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_MERGEABLE));
    for (int i = 0; i < 1200 && zero_pages(area) < pages / 2; i++) usleep(50000);
    EXPECT(zero_pages(area) >= pages / 2, "nothing was merged");
  });
  EXPECT_EQ(saved, std::string(pages / 2, 'Z') + std::string(pages / 2, '.'));
  const std::string again = chain_after(area.range(), [&] {
    touch(area.page(3));
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_UNMERGEABLE));
  });
  EXPECT_EQ(again[3], 'D');
  put(ksm + "use_zero_pages", "0");
}

TEST_CASE(merged_pages_written_again) {
  Ksm running;
  Area area(pages);
  make_equal(area, 9);
  Ksm::merge(area);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "a"), 0);
  for (std::size_t i = 0; i < pages; i += 4) touch(area.page(i));
  REQUIRE_EQ(self.inc(area.range(), "a1"), 0);
  const std::string saved = picture("a1", area.range());
  for (std::size_t i = 0; i < pages; i += 4) EXPECT_EQ(saved[i], 'D', "page", i);
  expect_chain_equals_memory({"a", "a1"}, area.range());
}

TEST_CASE(written_while_the_image_is_written) {
  Ksm running;
  Area area(pages);
  make_equal(area, 10);
  Ksm::merge(area);
  const std::vector<std::byte> before = copy_of(area.range());
  Fifo fifo("fifo");
  CommandProcess command(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  fill(area, 11);
  fifo.drain();
  REQUIRE_EQ(errno_text(command.result()), "0");
  fifo.save("c");
  expect_image_holds("c", area.range(), before);
}

TEST_CASE(written_then_merged_then_paged_out) {
  Swap swap;
  Ksm running;
  Area area(pages);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "s"), 0);
  make_equal(area, 12);
  Ksm::merge(area);
  page_out(area.range());
  REQUIRE_EQ(self.inc(area.range(), "s1"), 0);
  EXPECT_EQ(count(picture("s1", area.range()), 'D'), pages);
  expect_chain_equals_memory({"s", "s1"}, area.range());
}
