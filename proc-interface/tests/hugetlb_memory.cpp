// SPDX-License-Identifier: GPL-2.0-or-later
// hugetlb pages, private and shared: copied during the capture, always exact.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/hugetlb.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t per_huge = huge_size / page_size;

void expect_exact(int sharing) {
  HugetlbPool huge_pages(10);
  Area area(4 * per_huge, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_HUGETLB);
  // One of them is never touched.
  for (std::size_t i = 0; i < 3 * per_huge; i++) fill_page(area.page(i), i + 1);
  Checkpointer self;
  ImageChain chain;
  auto inc = [&](const char* path) {
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    chain.expect_equals_memory(area.range());
  };
  inc("h0");
  EXPECT(open_image("h0").mappings().at(0).has(PROC_CHECKPOINT_MAP_HUGETLB));
  touch(area.page(per_huge + 3));
  inc("h1");
  Child child([&](Child::Steps& steps) {
    touch(area.page(2 * per_huge + 7));
    steps.pause();
  });
  touch(area.page(5));
  inc("h2");
  child.finish();
  REQUIRE_CALL(madvise(area.page(per_huge), huge_size, MADV_DONTNEED));
  inc("h3");
  touch(area.page(3 * per_huge));
  inc("h4");
  for (const char* path : {"h0", "h1", "h2", "h3", "h4"}) unlink(path);
}

}  // namespace

TEST_CASE(private_pages) {
  expect_exact(MAP_PRIVATE);
}

TEST_CASE(shared_pages) {
  expect_exact(MAP_SHARED);
}

TEST_CASE(a_range_that_ends_within_one) {
  HugetlbPool huge_pages(4);
  Area area(2 * per_huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
  for (std::size_t i = 0; i < area.pages(); i++) fill_page(area.page(i), i + 1);
  const Range middle = area.range(50, per_huge);
  Checkpointer self;
  REQUIRE_EQ(self.full(middle, "middle"), 0);
  touch(area.page(60));
  REQUIRE_EQ(self.inc(middle, "middle1"), 0);
  expect_chain_equals_memory({"middle", "middle1"}, middle);
}

TEST_CASE(they_are_copies_when_written_to_later) {
  HugetlbPool huge_pages(4);
  Area area(2 * per_huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
  for (std::size_t i = 0; i < area.pages(); i++) fill_page(area.page(i), i + 1);
  const std::vector<std::byte> before = copy_of(area.range());
  Fifo fifo("fifo");
  CommandProcess command(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  std::memset(area.data(), 1, area.bytes());
  fifo.drain();
  REQUIRE_EQ(errno_text(command.result()), "0");
  fifo.save("image");
  expect_image_holds("image", area.range(), before);
}

// The capture needs none, and a write behind it must not need one either.
TEST_CASE(no_huge_page_is_free) {
  HugetlbPool huge_pages(2);
  Area area(2 * per_huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
  for (std::size_t i = 0; i < area.pages(); i++) fill_page(area.page(i), i + 1);
  REQUIRE_EQ(number_in("/proc/meminfo", "HugePages_Free"), 0u);
  incs_after(area.range(), [&] {
    touch(area.page(3));
    touch(area.page(per_huge + 3));
  });
  expect_unaffected_by(area.range(), [&] { touch(area.page(per_huge)); });
}
