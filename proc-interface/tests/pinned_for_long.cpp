// SPDX-License-Identifier: GPL-2.0-or-later
// Pages with a long-term pin, as RDMA and VFIO take them: by the kernel's own
// test of them, /sys/kernel/debug/gup_test.
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

// mm/gup_test.h, which is no uapi header.
struct pin_longterm_test {
  __u64 addr;
  __u64 size;
  __u32 flags;
};
constexpr unsigned long pin_start = _IOW('g', 7, pin_longterm_test);
constexpr unsigned long pin_stop = _IO('g', 8);
constexpr __u32 pin_for_writing = 1;

constexpr const char* device = "/sys/kernel/debug/gup_test";

class Pin {
 public:
  Pin(const Area& area, std::size_t first, std::size_t pages, __u32 flags) {
    if (!exists(device)) mount("debugfs", "/sys/kernel/debug", "debugfs", 0, nullptr);
    fd_ = open(device, O_RDWR | O_CLOEXEC);
    if (fd_ < 0) SKIP("no gup_test in this kernel");
    pin_longterm_test request{};
    request.addr = area.range(first, pages).start;
    request.size = pages * page_size;
    request.flags = flags;
    const int error = ioctl(fd_, pin_start, &request) == 0 ? 0 : errno;
    if (error == 0) return;
    close(fd_);
    if (error == EINVAL) SKIP("gup_test has no long-term pins in this kernel");
    REQUIRE(false, std::strerror(error));
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() {
    ioctl(fd_, pin_stop);
    close(fd_);
  }

 private:
  int fd_ = -1;
};

std::vector<std::uint64_t> frames(const Range& range) {
  std::vector<std::uint64_t> all;
  for (const PageMapEntry& entry : pagemap(range)) all.push_back(entry.frame());
  return all;
}

}  // namespace

TEST_CASE(pinned_pages_are_in_every_inc_and_stay_in_place) {
  Area area(32);
  fill(area, 1);
  Checkpointer self;
  Pin pin(area, 8, 4, pin_for_writing);
  const std::vector<std::uint64_t> before = frames(area.range(8, 4));
  REQUIRE_EQ(self.full(area.range(), "p"), 0);
  EXPECT(self.status().number("last.pages_copied") >= 4);
  for (int i = 1; i <= 3; i++) {
    touch(area.page(9));
    touch(area.page(20));
    const std::string path = "p" + std::to_string(i);
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    EXPECT_EQ(picture(path, area.range()), "........DDDD........D...........");
  }
  EXPECT(frames(area.range(8, 4)) == before, "a pinned page was replaced");
  expect_chain_equals_memory({"p", "p1", "p2", "p3"}, area.range());
}

TEST_CASE(after_the_pin_they_are_ordinary_again) {
  Area area(8);
  fill(area, 2);
  Checkpointer self;
  {
    Pin pin(area, 2, 2, pin_for_writing);
    REQUIRE_EQ(self.full(area.range(), "o"), 0);
  }
  REQUIRE_EQ(self.inc(area.range(), "o1"), 0);
  EXPECT_EQ(picture("o1", area.range()).substr(2, 2), "DD");
  REQUIRE_EQ(self.inc(area.range(), "o2"), 0);
  EXPECT_EQ(picture("o2", area.range()), "........");
  expect_chain_equals_memory({"o", "o1", "o2"}, area.range());
}

TEST_CASE(pinned_behind_the_capture) {
  Area area(8);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "b"), 0);
  Pin pin(area, 4, 2, pin_for_writing);
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "b1"), 0);
  EXPECT_EQ(picture("b1", area.range()).substr(4, 2), "DD");
  expect_chain_equals_memory({"b", "b1"}, area.range());
}

// A read-only long-term pin replaces the zero page by a page of the process's
// own, without marking it as written.
TEST_CASE(dropped_then_pinned_for_reading_then_forked) {
  Area area(8);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "z"), 0);
  REQUIRE_CALL(madvise(area.page(2), 2 * page_size, MADV_DONTNEED));
  EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(2)), 0);
  { Pin pin(area, 2, 2, 0); }
  Child child([](Child::Steps& steps) { steps.pause(); });
  REQUIRE_EQ(self.inc(area.range(), "z1"), 0);
  child.finish();
  EXPECT(count(picture("z1", area.range(2, 2)), '.') == 0, "the zeros are lost");
  expect_chain_equals_memory({"z", "z1"}, area.range());
}

// The same makes a page of a file the process's own, which does not follow the
// file any more.
TEST_CASE(pages_of_a_file_are_pinned_for_reading) {
  int fd = open("file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  const std::string contents(8 * page_size, 'f');
  REQUIRE_EQ(pwrite(fd, contents.data(), contents.size(), 0),
             static_cast<ssize_t>(contents.size()));
  Area area(8, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
  EXPECT_EQ(*area.page(2), 'f');
  const std::string pages = chain_after(area.range(), [&] {
    { Pin pin(area, 2, 2, 0); }
    for (off_t page : {2, 5}) REQUIRE_EQ(pwrite(fd, "changed", 7, page * page_size), 7);
    EXPECT_EQ(*area.page(2), 'f');
    EXPECT_EQ(*area.page(5), 'c');
  });
  EXPECT_EQ(pages, "FFDDFFFF");
  close(fd);
}

// Nobody wrote to the pages since, but somebody might while they are pinned: a
// full must not leave them marked as clean.
TEST_CASE(clean_pages_are_pinned_and_then_captured) {
  for (__u32 writing : {0u, pin_for_writing}) {
    Area area(8);
    fill(area, 6);
    Checkpointer self;
    REQUIRE_EQ(self.full(area.range(), "/dev/null"), 0);
    for (const char* path : {"n", "n1", "n2"}) unlink(path);
    {
      Pin pin(area, 3, 2, writing);
      REQUIRE_EQ(self.full(area.range(), "n"), 0);
      EXPECT(self.status().number("last.pages_copied") >= 2);
    }
    REQUIRE_EQ(self.inc(area.range(), "n1"), 0);
    EXPECT_EQ(picture("n1", area.range()), "...DD...", "pinned for writing:", writing);
    REQUIRE_EQ(self.inc(area.range(), "n2"), 0);
    EXPECT_EQ(picture("n2", area.range()), "........");
    expect_chain_equals_memory({"n", "n1", "n2"}, area.range());
  }
}

TEST_CASE(a_pinned_huge_page) {
  constexpr std::size_t per_huge = huge_size / page_size;
  Area area = huge_area(2, 5);
  Checkpointer self;
  Pin pin(area, 10, 4, pin_for_writing);
  const std::vector<std::uint64_t> before = frames(area.range(10, 4));
  REQUIRE_EQ(self.full(area.range(), "h"), 0);
  touch(area.page(11));
  touch(area.page(per_huge + 1));
  REQUIRE_EQ(self.inc(area.range(), "h1"), 0);
  EXPECT_EQ(picture("h1", area.range(10, 4)), "DDDD");
  touch(area.page(12));
  EXPECT(frames(area.range(10, 4)) == before, "a pinned page was replaced");
  REQUIRE_EQ(self.inc(area.range(), "h2"), 0);
  expect_chain_equals_memory({"h", "h1", "h2"}, area.range());
}
