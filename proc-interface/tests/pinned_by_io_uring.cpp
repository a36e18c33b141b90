// SPDX-License-Identifier: GPL-2.0-or-later
// A buffer that is registered with io_uring is written by the kernel without a
// page fault or a page-table entry: it has to be in every inc, and must stay
// the same page, or what is read would not arrive in the process.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/ring.h"
#include "support/test.h"

using namespace test;

namespace {

/// A file of 64 pages to read from.
int make_source() {
  int fd = open("source", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  std::vector<char> page(page_size);
  for (std::uint64_t i = 0; i < 64; i++) {
    fill_page(page.data(), 1000 + i);
    REQUIRE_EQ(write(fd, page.data(), page.size()), static_cast<ssize_t>(page.size()));
  }
  return fd;
}

}  // namespace

TEST_CASE(what_the_kernel_reads_into_it_is_in_the_inc) {
  int source = make_source();
  Area area(32);
  fill(area, 1);
  Ring ring(area.data(), area.bytes());
  Checkpointer self;
  ImageChain chain;
  std::vector<std::uint64_t> frames;
  for (const PageMapEntry& entry : pagemap(area.range())) frames.push_back(entry.frame());

  for (unsigned round = 0; round < 6; round++) {
    const std::string path = "ring" + std::to_string(round);
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    chain.expect_equals_memory(area.range());
    REQUIRE_EQ(ring.read_fixed(source, area.page(round * 5), 3 * page_size, round * page_size),
               static_cast<int>(3 * page_size));
    // It arrived in the process, so the page is still the one that is pinned.
    std::vector<char> expected(page_size);
    REQUIRE_EQ(pread(source, expected.data(), page_size, round * page_size),
               static_cast<ssize_t>(page_size));
    EXPECT(std::memcmp(area.page(round * 5), expected.data(), page_size) == 0, "round", round);
  }
  REQUIRE_EQ(self.inc(area.range(), "ring.end"), 0);
  chain.add("ring.end");
  chain.expect_equals_memory(area.range());
  std::size_t moved = 0;
  std::vector<PageMapEntry> now = pagemap(area.range());
  for (std::size_t i = 0; i < now.size(); i++) moved += now[i].frame() != frames[i];
  EXPECT_EQ(moved, 0u, "pinned pages were replaced");
  close(source);
}

TEST_CASE(writes_of_the_process_to_a_registered_buffer_stay_in_place) {
  int source = make_source();
  Area area(16);
  fill(area, 2);
  Ring ring(area.data(), area.bytes());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "own"), 0);
  touch(area.page(3));
  // Had the touch copied the page, this would arrive in the old one.
  REQUIRE_EQ(ring.read_fixed(source, area.page(3) + 2048, 512, 0), 512);
  std::vector<char> expected(512);
  REQUIRE_EQ(pread(source, expected.data(), 512, 0), 512);
  EXPECT(std::memcmp(area.page(3) + 2048, expected.data(), 512) == 0);
  REQUIRE_EQ(self.inc(area.range(), "own1"), 0);
  expect_chain_equals_memory({"own", "own1"}, area.range());
  close(source);
}

TEST_CASE(pages_are_tracked_again_once_they_are_unregistered) {
  Area area(16);
  fill(area, 3);
  Checkpointer self;
  {
    Ring ring(area.data(), area.bytes());
    REQUIRE_EQ(self.full(area.range(), "u"), 0);
  }
  // The ring is torn down behind close().
  ImageChain chain;
  chain.add("u");
  std::size_t saved = area.pages();
  for (int i = 0; i < 100 && saved != 0; i++) {
    usleep(50000);
    const std::string path = "u" + std::to_string(i);
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    saved = count(picture(path, area.range()), 'D');
  }
  EXPECT_EQ(saved, 0u);
  chain.expect_equals_memory(area.range());
}

// It was asked for before one checkpoint and arrives behind another.
TEST_CASE(a_read_that_is_under_way) {
  Area area(16);
  fill(area, 4);
  int ends[2];
  REQUIRE_CALL(pipe2(ends, O_CLOEXEC));
  Ring ring(area.data(), area.bytes());
  Checkpointer self;
  ring.submit(ends[0], area.page(6) + 100, 512, ~std::uint64_t{0});
  REQUIRE_EQ(self.full(area.range(), "way"), 0);
  expect_chain_equals_memory({"way"}, area.range());
  const std::string data(512, 'x');
  REQUIRE_EQ(self.inc(area.range(), "way1"), 0);
  touch(area.page(6));
  REQUIRE_EQ(write(ends[1], data.data(), data.size()), static_cast<ssize_t>(data.size()));
  REQUIRE_EQ(ring.wait(), 512);
  EXPECT(std::memcmp(area.page(6) + 100, data.data(), data.size()) == 0, "did not arrive");
  REQUIRE_EQ(self.inc(area.range(), "way2"), 0);
  EXPECT_EQ(picture("way2", area.range())[6], 'D');
  expect_chain_equals_memory({"way", "way1", "way2"}, area.range());
  for (int end : ends) close(end);
}
