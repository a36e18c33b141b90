// SPDX-License-Identifier: GPL-2.0-or-later
// A read with O_DIRECT is under way while checkpoints are taken: its pages are
// pinned (on Linux 6.1 there is a reference to each, no pin) and the data arrive
// behind the capture, without a fault.  They must arrive in the process, and in
// the next inc.
//
// The device is a loop device on a file of FUSE, which the test serves: a read
// lasts until the test answers it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "support/checkpointer.h"
#include "support/fuse.h"
#include "support/loop.h"
#include "support/maps.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t file_pages = 16;

/// A pread() that a thread is in.
class SlowRead {
 public:
  SlowRead(Fuse& fuse, const OpenFile& file, void* to, std::size_t bytes) : fuse_(fuse) {
    fuse.hold_reads();
    thread_ = std::thread([this, &file, to, bytes] { got_ = pread(file.fd(), to, bytes, 0); });
    fuse.wait_for_reader();
  }
  SlowRead(const SlowRead&) = delete;
  SlowRead& operator=(const SlowRead&) = delete;
  ~SlowRead() { finish(); }

  ssize_t finish() {
    if (thread_.joinable()) {
      fuse_.release_reads();
      thread_.join();
    }
    return got_;
  }

 private:
  Fuse& fuse_;
  std::thread thread_;
  ssize_t got_ = -1;
};

void expect_whole_pages_are_exact(Fuse& fuse, const OpenFile& file) {
  Area area(16);
  fill(area, 1);
  Checkpointer self;
  ImageChain chain;
  auto inc = [&](const char* path) {
    unlink(path);
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    chain.expect_equals_memory(area.range());
    return picture(path, area.range());
  };
  inc("before");
  {
    SlowRead read(fuse, file, area.page(3), 4 * page_size);
    EXPECT_EQ(inc("during"), "...DDDD.........");
    EXPECT_EQ(inc("during2"), "...DDDD.........");
    REQUIRE_EQ(read.finish(), static_cast<ssize_t>(4 * page_size));
  }
  EXPECT(std::memcmp(area.page(3), fuse.contents().data(), 4 * page_size) == 0,
         "it did not arrive in the process");
  EXPECT_EQ(inc("after"), "...DDDD.........");
  EXPECT_EQ(inc("after2"), "................");
}

/// One half of a page is read into while the process writes to the other: if the
/// page were copied for the process, it would get one of them only.
void expect_both_halves_arrive(Fuse& fuse, const OpenFile& file) {
  constexpr std::size_t half = page_size / 2;
  Area area(8);
  fill(area, 2);
  Checkpointer self;
  for (const char* path : {"half", "half1", "half2"}) unlink(path);
  REQUIRE_EQ(self.full(area.range(), "half"), 0);
  {
    SlowRead read(fuse, file, area.page(5), half);
    REQUIRE_EQ(self.inc(area.range(), "half1"), 0);
    std::memcpy(area.page(5) + half, "written meanwhile", 18);
    REQUIRE_EQ(read.finish(), static_cast<ssize_t>(half));
  }
  EXPECT(std::memcmp(area.page(5), fuse.contents().data(), half) == 0, "the read half");
  EXPECT(std::memcmp(area.page(5) + half, "written meanwhile", 18) == 0, "the written half");
  REQUIRE_EQ(self.inc(area.range(), "half2"), 0);
  EXPECT_EQ(picture("half2", area.range()), ".....D..");
  expect_chain_equals_memory({"half", "half1", "half2"}, area.range());
}

/// A block device whose reads wait for the server.
struct SlowDevice {
  Fuse fuse{"fuse", file_pages* page_size};
  OpenFile backing{fuse.file(), O_RDONLY | O_DIRECT};
  Loop loop{backing.fd()};
  OpenFile device{loop.path(), O_RDONLY | O_DIRECT};
};

}  // namespace

TEST_CASE(whole_pages_from_a_block_device) {
  SlowDevice slow;
  expect_whole_pages_are_exact(slow.fuse, slow.device);
}

TEST_CASE(half_a_page_from_a_block_device) {
  SlowDevice slow;
  expect_both_halves_arrive(slow.fuse, slow.device);
}

TEST_CASE(whole_pages_from_a_file_of_fuse) {
  Fuse fuse("fuse", file_pages * page_size);
  OpenFile file(fuse.file(), O_RDONLY | O_DIRECT);
  expect_whole_pages_are_exact(fuse, file);
}

TEST_CASE(half_a_page_from_a_file_of_fuse) {
  Fuse fuse("fuse", file_pages * page_size);
  OpenFile file(fuse.file(), O_RDONLY | O_DIRECT);
  expect_both_halves_arrive(fuse, file);
}

// The pages of a huge page have one count of pins together.
TEST_CASE(into_a_huge_page) {
  constexpr std::size_t per_huge = huge_size / page_size;
  SlowDevice slow;
  Area area(2 * per_huge);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
  fill(area, 3);
  if (smaps_bytes(area.range(), "AnonHugePages") != area.bytes()) SKIP("no huge pages to be had");
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "huge"), 0);
  {
    SlowRead read(slow.fuse, slow.device, area.page(9), 2 * page_size);
    touch(area.page(200));
    REQUIRE_EQ(self.inc(area.range(), "huge1"), 0);
    touch(area.page(201));
    REQUIRE_EQ(read.finish(), static_cast<ssize_t>(2 * page_size));
  }
  EXPECT(std::memcmp(area.page(9), slow.fuse.contents().data(), 2 * page_size) == 0);
  REQUIRE_EQ(self.inc(area.range(), "huge2"), 0);
  EXPECT_EQ(count(picture("huge2", area.range(per_huge, per_huge)), 'D'), 0u);
  expect_chain_equals_memory({"huge", "huge1", "huge2"}, area.range());
}
