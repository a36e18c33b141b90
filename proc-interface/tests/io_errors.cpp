// SPDX-License-Identifier: GPL-2.0-or-later
// The file system or the device below it fails while an image is written: at
// every write, at the sync, or not at all but never answering.
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "support/cgroup.h"
#include "support/checkpointer.h"
#include "support/ext4.h"
#include "support/faulty_files.h"
#include "support/loop.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"
#include "support/tracked.h"

using namespace test;

namespace {

/// An image of another file system becomes one of the chain.
void take_copy(Tracked& tracked, const std::string& path) {
  std::ofstream("copy", std::ios::binary) << slurp(path);
  tracked.take("copy");
  REQUIRE_CALL(unlink(path.c_str()));
}

const std::string faults = "/sys/kernel/debug/fail_make_request/";

void require_block_faults() {
  if (!exists(faults)) SKIP("the kernel has no fault injection for block devices");
}

/// Each request fails, as "space" and "times" tell, once 1 is in the file that is returned.
std::string make_it_fail(const Loop& loop) {
  put(faults + "verbose", "0");
  put(faults + "probability", "100");
  put(faults + "interval", "1");
  return "/sys/block/" + loop.path().substr(loop.path().rfind('/') + 1) + "/make-it-fail";
}

}  // namespace

TEST_CASE(an_error_at_every_write) {
  FuseFileSystem server("fuse");
  Tracked tracked(200);
  for (int error : {EIO, ENOSPC, EDQUOT}) {
    int nth = 1, failed = 0;
    // Which error it is makes no difference to what comes after.
    for (;; nth += error == EIO ? 1 : static_cast<int>(thinned(6))) {
      touch(tracked.area);
      server.fail(FUSE_WRITE, nth, error);
      int found = tracked.self.inc(tracked.range(), "fuse/inc");
      const bool reached = server.requests() >= nth;
      server.fail(0, 0, 0);
      if (!reached) {
        EXPECT_EQ(errno_text(found), "0");
        break;
      }
      // An error behind some bytes of the same call cuts it short, and the rest
      // succeeds: this server fails once.
      if (found == 0) {
        take_copy(tracked, "fuse/inc");
        continue;
      }
      failed++;
      EXPECT_EQ(errno_text(found), errno_text(error), "at write", nth);
      EXPECT(server.names().empty(), "the file is still there");
      tracked.change();
      tracked.expect_next_inc_complete();
    }
    EXPECT(nth > 3, "writes:", nth - 1);
    EXPECT(failed > 0);
    take_copy(tracked, "fuse/inc");
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  tracked.expect_no_page_held();
}

TEST_CASE(an_error_at_the_sync) {
  FuseFileSystem server("fuse");
  Tracked tracked(50);
  for (int error : {EIO, ENOSPC}) {
    touch(tracked.area);
    server.fail(FUSE_FSYNC, 1, error);
    EXPECT_EQ(errno_text(tracked.self.inc(tracked.range(), "fuse/inc")), errno_text(error));
    EXPECT_EQ(server.requests(), 1, "syncs");
    EXPECT(server.names().empty(), "the file is still there");
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  tracked.expect_no_page_held();
}

TEST_CASE(an_error_at_the_creation) {
  FuseFileSystem server("fuse");
  Tracked tracked(4);
  for (int error : {EIO, EROFS, EACCES}) {
    tracked.change();
    server.fail(FUSE_CREATE, 1, error);
    EXPECT_EQ(errno_text(tracked.self.inc(tracked.range(), "fuse/inc")), errno_text(error));
    EXPECT(server.names().empty());
    tracked.expect_next_inc_complete();
  }
}

TEST_CASE(a_device_that_fills_up_below_the_file_system) {
  // The file system has 16 MiB to give, the device below it ends earlier.
  mkdir("below", 0700);
  REQUIRE_CALL(mount("tmpfs", "below", "tmpfs", 0, "size=3m"));
  {
    OpenFile disk("below/disk", O_CREAT | O_RDWR);
    REQUIRE_CALL(ftruncate(disk.fd(), 16 << 20));
    Loop loop(disk.fd());
    Ext4 ext4(loop.path(), "above");
    Tracked tracked(fewer(1500, 2) + 100);
    for (int i = 0; i < scaled(3); i++) {
      touch(tracked.area);
      int error = tracked.self.inc(tracked.range(), "above/inc");
      EXPECT(error == EIO || error == ENOSPC, errno_text(error));
      EXPECT(!exists("above/inc"));
      tracked.change();
      tracked.expect_next_inc_complete();
    }
    tracked.expect_no_page_held();
  }
  REQUIRE_CALL(umount("below"));
}

TEST_CASE(a_device_with_bad_blocks) {
  require_block_faults();
  OpenFile disk("disk", O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(disk.fd(), 16 << 20));
  {
    Loop loop(disk.fd());
    Ext4 ext4(loop.path(), "above");
    const std::string switched = make_it_fail(loop);
    const std::size_t pages = fewer(700, 4);
    Tracked tracked(pages);
    // Each request in turn, by what is let through before.
    int failed = 0;
    for (std::size_t passed = 0; passed < (pages + 300) * page_size; passed = passed * 2 + 4096) {
      touch(tracked.area);
      put(faults + "space", std::to_string(passed));
      put(faults + "times", "1");
      REQUIRE_EQ(put(switched, "1"), 0);
      int error = tracked.self.inc(tracked.range(), "above/inc");
      REQUIRE_EQ(put(switched, "0"), 0);
      EXPECT(error == 0 || error == EIO, errno_text(error));
      EXPECT_EQ(exists("above/inc"), error == 0);
      failed += error != 0;
      if (error == 0) take_copy(tracked, "above/inc");
      tracked.change();
      tracked.expect_next_inc_complete();
    }
    EXPECT(failed > 0, "no request failed");
    put(faults + "probability", "0");
    tracked.expect_no_page_held();
  }
  unlink("disk");
}

TEST_CASE(swap_with_bad_blocks) {
  require_block_faults();
  constexpr std::size_t bytes = 32 << 20;
  OpenFile disk("swap", O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(disk.fd(), bytes));
  Cgroup group("swapping");
  group.enter();
  Loop loop(disk.fd());
  Swap swap(loop.path(), bytes);
  Area area(64);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  touch(area.page(5));
  REQUIRE_EQ(page_out(area.range()), area.pages());
  // What was written, or could not be read, may still be in the swap cache.
  auto drop_swap_cache = [&] { put(group.directory() + "/memory.reclaim", "16M"); };
  drop_swap_cache();

  const std::string switched = make_it_fail(loop);
  put(faults + "space", "0");
  put(faults + "times", "-1");
  REQUIRE_EQ(put(switched, "1"), 0);
  const int error = self.inc(area.range(), "unread");
  REQUIRE_EQ(put(switched, "0"), 0);
  put(faults + "probability", "0");
  REQUIRE_EQ(errno_text(error), "0");
  EXPECT_EQ(picture("unread", area.range()),
            "....."
            "S" +
                std::string(58, '.'));

  // Once it can be read, it is as changed as it was.
  drop_swap_cache();
  REQUIRE_EQ(self.inc(area.range(), "read"), 0);
  EXPECT_EQ(picture("read", area.range()),
            "....."
            "D" +
                std::string(58, '.'));
  expect_chain_equals_memory({"full", "unread", "read"}, area.range());

  // A page that did not change, and that a full could not read: nobody else will say it.
  REQUIRE_EQ(page_out(area.range()), area.pages());
  drop_swap_cache();
  put(faults + "probability", "100");
  REQUIRE_EQ(put(switched, "1"), 0);
  const int full_error = self.full(area.range(), "unread_full");
  REQUIRE_EQ(put(switched, "0"), 0);
  put(faults + "probability", "0");
  REQUIRE_EQ(errno_text(full_error), "0");
  const std::string unread = picture("unread_full", area.range());
  EXPECT(count(unread, 'S') > 0);
  drop_swap_cache();
  REQUIRE_EQ(self.inc(area.range(), "read_later"), 0);
  const std::string read = picture("read_later", area.range());
  // (What is still not readable is named again.)
  for (std::size_t i = 0; i < area.pages(); i++)
    EXPECT(unread[i] != 'S' || read[i] != '.', i, read);
  expect_chain_equals_memory({"unread_full", "read_later"}, area.range());
  Cgroup::leave();
}
