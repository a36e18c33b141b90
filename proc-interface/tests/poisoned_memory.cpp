// SPDX-License-Identifier: GPL-2.0-or-later
// Memory with a hardware error, as the kernel can feign it: skipped, and
// nobody reads it.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/huge_pages.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr int hardware_error = 100;  // MADV_HWPOISON

/// The memory of a page goes bad.  Returns its frame, for heal().  In a child
/// only: the process gets signals that kill.
std::uint64_t spoil(const Area& area, std::size_t index) {
  const std::uint64_t frame = pagemap(area.range(index, 1))[0].frame();
  signal(SIGBUS, [](int) {});
  // (EBUSY: it is bad now, and somebody has a reference to it.)
  if (madvise(area.page(index), page_size, hardware_error)) REQUIRE_EQ(errno, EBUSY);
  return frame;
}

void expect_reason(const std::string& path, unsigned pages) {
  std::uint64_t skipped = 0;
  checkpoint::Image image = open_image(path);
  for (const checkpoint::Run& run : image.runs())
    if (run.state == checkpoint::PageState::skipped) {
      EXPECT_EQ(run.reason, unsigned{PROC_CHECKPOINT_SKIP_POISON}, path);
      skipped += run.size() / page_size;
    }
  EXPECT_EQ(skipped, pages, path);
}

/// The fourth of 8 pages goes bad between two checkpoints.
void expect_skipped(const std::function<Area()>& make, const std::string& first,
                    const std::string& second) {
  Child target([&](Child::Steps& steps) {
    Area area = make();
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
    touch(area.page(5));
    steps.tell(spoil(area, 3));
    steps.pause();
    REQUIRE_CALL(munmap(area.page(3), page_size));
    REQUIRE(mmap(area.page(3), page_size, PROT_READ | PROT_WRITE, Area::anonymous | MAP_FIXED, -1,
                 0) != MAP_FAILED);
    touch(area.page(3));
    steps.pause();
  });
  const std::uint64_t start = target.value();
  const Range range{start, start + 8 * page_size};
  Checkpointer opened(target.pid());
  for (const char* path : {"full", "bad", "bad2", "good"}) unlink(path);
  REQUIRE_EQ(opened.full(range, "full"), 0);
  target.step();
  REQUIRE_EQ(opened.inc(range, "bad"), 0);
  EXPECT_EQ(picture("bad", range), first);
  expect_reason("bad", 1);
  REQUIRE_EQ(opened.inc(range, "bad2"), 0);
  EXPECT_EQ(picture("bad2", range), second);
  expect_chain_equals_memory({"full", "bad", "bad2"}, range, target.pid());
  target.step();
  REQUIRE_EQ(opened.inc(range, "good"), 0);
  EXPECT_EQ(picture("good", range)[3], 'D');
  expect_chain_equals_memory({"full", "bad", "bad2", "good"}, range, target.pid());
  target.finish();
  heal(target.value());
}

void require_poison() {
  if (!exists("/sys/kernel/debug/hwpoison/unpoison-pfn")) SKIP("no feigned errors in this kernel");
}

}  // namespace

TEST_CASE(a_private_page) {
  require_poison();
  expect_skipped([] { return Area(8); }, "...S.D..", "...S....");
}

TEST_CASE(a_page_of_shared_memory) {
  require_poison();
  expect_skipped([] { return Area(8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS); },
                 "DDDSDDDD", "DDDSDDDD");
}

TEST_CASE(a_page_of_a_huge_page) {
  require_poison();
  Child target([](Child::Steps& steps) {
    Area area = huge_area(2, 2);
    steps.tell(area.range().start);
    steps.pause();
    steps.tell(spoil(area, 77));
    touch(area.page(80));
    steps.pause();
  });
  const std::uint64_t start = target.value();
  const Range range{start, start + 2 * huge_size};
  const std::string pages = chain_after(
      range, [&] { target.step(); }, target.pid());
  EXPECT_EQ(pages[77], 'S');
  EXPECT_EQ(count(pages, 'S'), 1u);
  EXPECT_EQ(pages[80], 'D');
  target.finish();
  heal(target.value());
}

TEST_CASE(a_page_that_waits_to_be_written) {
  require_poison();
  Child target([](Child::Steps& steps) {
    Area area(600);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
    steps.tell(spoil(area, 555));
    steps.pause();
  });
  const std::uint64_t start = target.value();
  const Range range{start, start + 600 * page_size};
  unlink("bad");
  Fifo fifo("fifo");
  fifo.shrink();
  CommandProcess command(target.pid(), command_text("full", range, fifo.path()));
  fifo.wait_for_data(command);
  target.step();
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), errno_text(EHWPOISON));
  // Nothing was lost by it: all is saved, but for the page that is gone.
  Checkpointer opened(target.pid());
  REQUIRE_EQ(opened.inc(range, "bad"), 0);
  expect_reason("bad", 1);
  EXPECT_EQ(count(picture("bad", range), 'D'), 599u);
  expect_chain_equals_memory({"bad"}, range, target.pid());
  target.finish();
  heal(target.value());
}
