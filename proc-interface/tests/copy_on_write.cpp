// SPDX-License-Identifier: GPL-2.0-or-later
// The image is of one instant although it is written slowly: whatever the
// process does to a page before it has reached the file, the image has it as it
// was, and the next inc has the change.
//
// A FIFO whose reader waits holds the command behind its capture.
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

TEST_CASE(writes_to_every_page) {
  Area area(1024);
  fill(area, 1);
  expect_unaffected_by(area.range(), [&] { fill(area, 2); });
}

TEST_CASE(writes_of_a_byte_to_some_pages) {
  Area area(1024);
  fill(area, 1);
  expect_unaffected_by(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 3) touch(area.page(i));
  });
  // Nothing but those: the next one is empty.
  Checkpointer self;
  REQUIRE_EQ(self.inc(area.range(), "empty"), 0);
  EXPECT_EQ(count(picture("empty", area.range()), '.'), area.pages());
}

TEST_CASE(writes_to_transparent_huge_pages) {
  Area area(4 * huge_size / page_size);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
  fill(area, 3);
  if (smaps_bytes(area.range(), "AnonHugePages") < 2 * huge_size) SKIP("no huge pages to be had");
  expect_unaffected_by(area.range(), [&] {
    touch(area.page(0));
    touch(area.page(700));
    std::memset(area.page(1024), 7, huge_size);
  });
}

TEST_CASE(dontneed) {
  Area area(512);
  fill(area, 4);
  expect_unaffected_by(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(10), 100 * page_size, MADV_DONTNEED));
    touch(area.page(20));
  });
}

TEST_CASE(munmap_and_another_mapping_in_its_place) {
  Area area(512);
  fill(area, 5);
  expect_unaffected_by(area.range(), [&] {
    REQUIRE_CALL(munmap(area.page(100), 50 * page_size));
    REQUIRE_CALL(munmap(area.page(200), 50 * page_size));
    REQUIRE(mmap(area.page(200), 50 * page_size, PROT_READ | PROT_WRITE,
                 Area::anonymous | MAP_FIXED, -1, 0) != MAP_FAILED);
    touch(area.page(210));
  });
}

TEST_CASE(protection_changes) {
  Area area(512);
  fill(area, 6);
  expect_unaffected_by(area.range(), [&] {
    REQUIRE_CALL(mprotect(area.page(0), 100 * page_size, PROT_NONE));
    REQUIRE_CALL(mprotect(area.page(100), 100 * page_size, PROT_READ));
    REQUIRE_CALL(mprotect(area.page(0), 50 * page_size, PROT_READ | PROT_WRITE));
    touch(area.page(5));
  });
}

TEST_CASE(fork_and_writes_on_both_sides) {
  Area area(512);
  fill(area, 7);
  expect_unaffected_by(area.range(), [&] {
    Child child([&](Child::Steps& steps) {
      fill(area, 8);
      steps.pause();
    });
    for (std::size_t i = 0; i < area.pages(); i += 2) touch(area.page(i));
    child.finish();
    touch(area.page(1));
  });
}

TEST_CASE(paging_out_and_in) {
  Swap swap;
  Area area(2048);
  fill(area, 9);
  expect_unaffected_by(area.range(), [&] {
    page_out(area.range());
    for (std::size_t i = 0; i < area.pages(); i += 5) touch(area.page(i));
    page_out(area.range());
    for (std::size_t i = 0; i < area.pages(); i += 7) touch(area.page(i));
  });
}

TEST_CASE(moving_it_elsewhere) {
  Area area(512), target(512);
  fill(area, 10);
  expect_unaffected_by(area.range(), [&] {
    REQUIRE(mremap(area.page(64), 64 * page_size, 64 * page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                   target.data()) != MAP_FAILED);
    fill_page(target.page(3), 99);
  });
}

TEST_CASE(the_end_of_the_process) {
  Area area(1024);
  fill(area, 11);
  const std::vector<std::byte> before = copy_of(area.range());
  Child target([](Child::Steps& steps) { steps.pause(); });
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  target.kill();
  EXPECT(command.running());
  fill(area, 12);
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  fifo.save("image");
  expect_image_holds("image", area.range(), before);
}

TEST_CASE(repeated_captures_while_it_is_rewritten) {
  Area area(512);
  for (unsigned round = 0; round < 6; round += thinned(3)) {
    fill(area, 20 + round);
    expect_unaffected_by(area.range(), [&] { fill(area, 40 + round); });
  }
}

TEST_CASE(shared_memory_is_copied_during_the_capture) {
  Area area(512, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 30);
  expect_unaffected_by(area.range(), [&] { fill(area, 31); });
}
