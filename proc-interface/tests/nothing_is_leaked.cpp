// SPDX-License-Identifier: GPL-2.0-or-later
// Full and inc checkpoints, also ones whose writer is killed, leave no page, no
// reference and no file behind.  (The debug kernel also looks for lost objects.)
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include "support/cgroup.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/holder.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"
#include "support/tracked.h"

using namespace test;

namespace {

constexpr std::size_t pages = 512;  // 2 MiB an iteration

/// KiB of slabs, without those that only have room.  A kernel that looks for lost
/// objects itself is not asked: it has KASAN too, which keeps freed ones for long.
std::int64_t slab_in_use() {
  if (exists("/sys/kernel/debug/kmemleak")) return 0;
  for (const auto& cache : std::filesystem::directory_iterator("/sys/kernel/slab"))
    if (!cache.is_symlink()) put(cache.path() / "shrink", "1");
  return static_cast<std::int64_t>(number_in("/proc/meminfo", "SUnreclaim"));
}

/// KiB of each slab cache.
std::map<std::string, std::int64_t> slab_caches() {
  std::map<std::string, std::int64_t> caches;
  std::istringstream lines(slurp("/proc/slabinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t active = 0, objects = 0, bytes = 0;
    if (fields >> name >> active >> objects >> bytes) caches[name] = objects * bytes >> 10;
  }
  return caches;
}

/// KiB that are in use and can't be reclaimed, by kind; open files.
struct Usage {
  std::int64_t memory = 0, slab = 0, vmalloc = 0, charged = 0, files = 0;

  static Usage now(const Cgroup& group) {
    keep_no_free_pages_aside();
    sync();
    put("/proc/sys/vm/drop_caches", "3");
    auto meminfo = [](const char* key) {
      return static_cast<std::int64_t>(number_in("/proc/meminfo", key));
    };
    return {.memory = meminfo("MemTotal") - meminfo("MemFree") - meminfo("Slab"),
            .slab = slab_in_use(),
            .vmalloc = meminfo("VmallocUsed"),
            // What the kernel keeps for the group: all of a capture's lists.
            .charged = static_cast<std::int64_t>(group.memory_stat("kernel") >> 10),
            .files = std::stoll(slurp("/proc/sys/fs/file-nr"))};
  }
};

// What one iteration uses, lost each time, would be 2 MiB of memory, at least
// 4 KiB of each list of what the capture took, 8 KiB of slab for the stream,
// and a file: a hundredfold is above these.  They cover per-CPU lists and
// caches, which no command can empty, and the kernel's count of open files,
// which each of two CPUs may have wrong by 32.
constexpr Usage tolerance{
    .memory = 4 << 10, .slab = 512, .vmalloc = 1024, .charged = 64, .files = 72};

bool within(const Usage& now, const Usage& before) {
  return now.memory <= before.memory + tolerance.memory &&
         now.slab <= before.slab + tolerance.slab &&
         now.vmalloc <= before.vmalloc + tolerance.vmalloc &&
         now.charged <= before.charged + tolerance.charged &&
         now.files <= before.files + tolerance.files;
}

/// The kernel adds up what its processors counted for a group every two seconds; what
/// memory.stat says in between may lack 256 KiB of each.
void await_summing_up() {
  usleep(2500000);
}

void expect_nothing_leaked(const std::function<void(int)>& iteration) {
  const int count = scaled(100, 8);
  Cgroup group("leaks");
  group.enter();
  for (int i = 0; i < scaled(10, 4); i++) iteration(i);  // fills the caches
  // To look at it costs memory, too.
  Cgroup::leave();
  await_summing_up();
  const Usage before = Usage::now(group);
  const auto caches_before = slab_caches();
  group.enter();
  for (int i = 0; i < count; i++) iteration(i);
  Cgroup::leave();
  Usage after = Usage::now(group);
  // What is freed behind RCU or by a worker takes a moment.
  for (int tries = 0; tries < 100 && !within(after, before); tries++) {
    usleep(100000);
    after = Usage::now(group);
  }
  std::ostringstream grown;
  for (const auto& [name, size] : slab_caches()) {
    const auto old = caches_before.find(name);
    const std::int64_t more = size - (old == caches_before.end() ? 0 : old->second);
    if (more >= 256) grown << ' ' << name << ' ' << more;
  }
  EXPECT(within(after, before), "KiB more in use: memory", after.memory - before.memory, "slab",
         after.slab - before.slab, "vmalloc", after.vmalloc - before.vmalloc, "charged",
         after.charged - before.charged, "open files", after.files - before.files,
         "by cache:" + grown.str());
}

Area small_pages(std::size_t count) {
  Area area(count);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 1);
  return area;
}

}  // namespace

TEST_CASE(full_and_inc) {
  Checkpointer self;
  expect_nothing_leaked([&](int) {
    Area area(pages);
    fill(area, 1);
    REQUIRE_EQ(self.full(area.range(), "full"), 0);
    for (std::size_t i = 0; i < pages; i += 2) touch(area.page(i));
    REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
    unlink("full");
    unlink("inc");
  });
}

TEST_CASE(shared_and_huge_pages) {
  Checkpointer self;
  expect_nothing_leaked([&](int) {
    Area shared(pages / 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    fill(shared, 1);
    Area huge(2 * pages);
    madvise(huge.data(), huge.bytes(), MADV_HUGEPAGE);
    fill(huge, 2);
    REQUIRE_EQ(self.full(shared.range(), "/dev/null"), 0);
    REQUIRE_EQ(self.full(huge.range(), "/dev/null"), 0);
    touch(huge.page(700));
    REQUIRE_EQ(self.inc(huge.range(0, 1000), "/dev/null"), 0);
  });
}

TEST_CASE(writers_killed_at_random_moments) {
  std::srand(1);
  expect_nothing_leaked([&](int i) {
    Area area(pages);
    fill(area, 1);
    const std::string path = "killed" + std::to_string(i);
    CommandProcess command(getpid(), command_text(i % 2 == 0 ? "full" : "inc", area.range(), path));
    usleep(static_cast<useconds_t>(std::rand() % 30000));
    touch(area.page(5));
    command.kill();
    command.result();
    // What is there is complete: it was killed behind the last step.
    if (exists(path)) open_image(path);
    unlink(path.c_str());
  });
}

TEST_CASE(writers_killed_in_the_middle_of_a_stream) {
  expect_nothing_leaked([&](int i) {
    Area area(pages);
    fill(area, 1);
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("full", area.range(), "fifo"));
    fifo.wait_for_data(command);
    touch(area.page(5));
    if (i % 2 == 0) fifo.close_reader();
    if (i % 2 == 1) command.kill();
    EXPECT(command.result() != 0);
  });
}

TEST_CASE(file_systems_that_are_full) {
  mkdir("small", 0700);
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=2m"));
  Checkpointer self;
  expect_nothing_leaked([&](int) {
    Area area(pages);
    fill(area, 1);
    EXPECT_EQ(errno_text(self.full(area.range(), "small/image")), "ENOSPC");
  });
  REQUIRE_CALL(umount("small"));
}

TEST_CASE(targets_that_exit_and_refused_commands) {
  expect_nothing_leaked([&](int) {
    Holder target(pages);
    Checkpointer opened(target.pid());
    REQUIRE_EQ(opened.full(target.range(), "/dev/null"), 0);
    EXPECT(opened.full(target.range(), "no/such/directory") != 0);
    target.kill();
    EXPECT_EQ(errno_text(opened.inc(target.range(), "/dev/null")), "ESRCH");
  });
}

TEST_CASE(no_reference_stays_on_a_page) {
  Area area = small_pages(512);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "ref"), 0);
  expect_reused_in_place(area);
  REQUIRE_EQ(self.inc(area.range(), "ref1"), 0);
  expect_reused_in_place(area);
}

TEST_CASE(no_reference_stays_after_a_failure) {
  Area area = small_pages(512);
  Checkpointer self;
  mkdir("small", 0700);
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=256k"));
  EXPECT_EQ(errno_text(self.full(area.range(), "small/image")), "ENOSPC");
  expect_reused_in_place(area);
  REQUIRE_CALL(umount("small"));
  {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("full", area.range(), "fifo"));
    fifo.wait_for_data(command);
    command.kill();
    EXPECT_EQ(command.result(), -SIGKILL);
  }
  expect_reused_in_place(area);
}
