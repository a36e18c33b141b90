// SPDX-License-Identifier: GPL-2.0-or-later
// Memory whose faults a userfaultfd handles: pages that are missing are zeros,
// and nobody waits for a handler.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

class Handler {
 public:
  Handler(const Area& area, std::uint64_t mode)
      : fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK))) {
    if (fd_ < 0) SKIP(std::string("userfaultfd: ") + std::strerror(errno));
    uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
    REQUIRE(ioctl(fd_, UFFDIO_API, &api) == 0, std::strerror(errno));
    uffdio_register request{.range = {area.range().start, area.bytes()}, .mode = mode, .ioctls = 0};
    if (ioctl(fd_, UFFDIO_REGISTER, &request) != 0) SKIP("this mode can't be registered");
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() { close(fd_); }

  void copy_in(void* page, std::uint64_t seed) const {
    alignas(4096) static unsigned char source[page_size];
    fill_page(source, seed);
    uffdio_copy request{.dst = reinterpret_cast<std::uint64_t>(page),
                        .src = reinterpret_cast<std::uint64_t>(source),
                        .len = page_size,
                        .mode = 0,
                        .copy = 0};
    REQUIRE(ioctl(fd_, UFFDIO_COPY, &request) == 0, std::strerror(errno));
  }
  void zero(void* page) const {
    uffdio_zeropage request{
        .range = {reinterpret_cast<std::uint64_t>(page), page_size}, .mode = 0, .zeropage = 0};
    REQUIRE(ioctl(fd_, UFFDIO_ZEROPAGE, &request) == 0, std::strerror(errno));
  }
  void protect(const Range& range, bool on) const {
    uffdio_writeprotect request{.range = {range.start, range.bytes()},
                                .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0u};
    REQUIRE(ioctl(fd_, UFFDIO_WRITEPROTECT, &request) == 0, std::strerror(errno));
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE(missing_pages_are_zeros_and_nobody_waits) {
  Area area(8);
  Handler handler(area, UFFDIO_REGISTER_MODE_MISSING);
  handler.copy_in(area.page(3), 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "missing"), 0);
  EXPECT_EQ(picture("missing", area.range()), "ZZZDZZZZ");
  handler.copy_in(area.page(5), 2);
  handler.zero(area.page(6));
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "missing1"), 0);
  EXPECT_EQ(picture("missing1", area.range()), "ZZZDZDZZ");
  REQUIRE_EQ(self.inc(area.range(), "missing2"), 0);
  EXPECT_EQ(picture("missing2", area.range()), "ZZZ.Z.ZZ");
  expect_chain_equals_memory({"missing", "missing1", "missing2"}, area.range());
}

TEST_CASE(write_protected_pages_stay_so) {
  Area area(8);
  fill(area, 1);
  Handler handler(area, UFFDIO_REGISTER_MODE_WP);
  handler.protect(area.range(2, 4), true);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "wp"), 0);
  EXPECT_EQ(picture("wp", area.range()), "DDDDDDDD");
  touch(area.page(0));
  handler.protect(area.range(2, 2), false);
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "wp1"), 0);
  EXPECT_EQ(picture("wp1", area.range()), "D..D....");
  expect_chain_equals_memory({"wp", "wp1"}, area.range());
}
