// SPDX-License-Identifier: GPL-2.0-or-later
// Processes and writers that may not have more memory, and a process from which
// the OOM killer has taken it: no image says zeros where there was data.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <sstream>
#include <thread>

#include "support/cgroup.h"
#include "support/checkpointer.h"
#include "support/ext4.h"
#include "support/fifo.h"
#include "support/fuse.h"
#include "support/loop.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::uint64_t mebi = 1 << 20;

/// How often somebody had to make room before he got memory.
std::uint64_t direct_reclaims() {
  std::istringstream vmstat(slurp("/proc/vmstat"));
  std::uint64_t number = 0, sum = 0;
  for (std::string name; vmstat >> name >> number;)
    if (name.starts_with("allocstall")) sum += number;
  return sum;
}

}  // namespace

// The copies that its writes make are charged to it.
TEST_CASE(a_process_that_may_have_half_as_much_again) {
  const std::size_t pages = fewer(4096, 4);
  Cgroup group("half");
  group.limit(pages * page_size * 3 / 2);
  Child target([&](Child::Steps& steps) {
    group.enter();
    Area area(pages);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
    for (std::size_t i = 0; i < pages / 4; i++) fill_page(area.page(i), i);
    steps.pause();
  });
  const std::uint64_t start = target.value();
  const Range range{start, start + pages * page_size};
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", range, fifo.path()));
  fifo.wait_for_data(command);
  target.step();
  fifo.drain();
  REQUIRE_EQ(errno_text(command.result()), "0");
  fifo.save("full");
  REQUIRE_EQ(Checkpointer(target.pid()).inc(range, "inc"), 0);
  EXPECT_EQ(count(picture("inc", range), 'D'), pages / 4);
  expect_chain_equals_memory({"full", "inc"}, range, target.pid());
  target.finish();
  EXPECT_EQ(group.memory_event("oom_kill"), 0u);
}

TEST_CASE(a_process_that_is_killed_for_its_copies) {
  const std::size_t pages = fewer(4096, 4);
  Cgroup group("killed");
  group.limit(pages * page_size * 3 / 2);
  Area area(pages);  // the child's will be at the same place
  Child target([&](Child::Steps& steps) {
    group.enter();
    fill(area, 2);
    steps.pause();
    fill(area, 3);
  });
  fill(area, 2);
  const std::vector<std::byte> expected = copy_of(area.range());
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  target.leave();
  EXPECT(group.memory_event("oom_kill") > 0, "there was memory enough");
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  fifo.save("killed");
  expect_image_holds("killed", area.range(), expected);
}

// Rather ENOMEM than that somebody is killed for a checkpoint.
TEST_CASE(a_writer_without_memory) {
  const std::size_t pages = fewer(8192, 2);
  Area area(pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "before"), 0);
  touch(area.page(3));
  Cgroup group("writer");
  group.limit(fewer(16 * mebi, 2));
  Child writer([&, target = getpid()](Child::Steps& steps) {
    Checkpointer opened(target);
    group.enter();
    EXPECT_EQ(errno_text(opened.inc(area.range(), "/dev/null")), "ENOMEM");
    EXPECT_EQ(errno_text(opened.inc(area.range(), "poor")), "ENOMEM");
    EXPECT(!exists("poor"));
    Cgroup::leave();
    steps.pause();
  });
  writer.finish();
  EXPECT_EQ(group.memory_event("oom_kill"), 0u);
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "after"), 0);
  EXPECT(open_image("after").info().kind == checkpoint::Kind::inc);
  expect_chain_equals_memory({"before", "after"}, area.range());
}

// A small file that is mapped very often would need a copy of each mapping.
TEST_CASE(more_to_copy_than_there_is_memory) {
  require_thorough();
  const std::size_t mapped = 8 * mebi;
  const auto available = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * page_size;
  const std::size_t times = available / mapped + 2;
  const int fd = memfd_create("often", MFD_CLOEXEC);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(mapped)));
  Area reserved(times * mapped / page_size, PROT_NONE);
  for (std::size_t i = 0; i < times; i++)
    REQUIRE(mmap(reserved.page(i * mapped / page_size), mapped, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
  close(fd);
  std::memset(reserved.data(), 7, mapped);
  Checkpointer self;
  const std::uint64_t before = direct_reclaims();
  EXPECT_EQ(errno_text(self.full(reserved.range(), "/dev/null")), "ENOMEM");
  EXPECT_EQ(direct_reclaims(), before);
  // What can be copied is.
  const Range few{reserved.range().start, reserved.range().start + 2 * mapped};
  EXPECT_EQ(errno_text(self.full(few, "few")), "0");
  EXPECT_EQ(count(picture("few", few), 'D'), 2 * mapped / page_size);
}

// Its holes would be read, and copied, one by one.
TEST_CASE(a_shared_mapping_of_a_sparse_file) {
  constexpr std::size_t bytes = std::size_t{1} << 40;
  OpenFile disk("disk", O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(disk.fd(), 16 * mebi));
  Loop loop(disk.fd());
  Ext4 ext4(loop.path(), "ext4");
  OpenFile sparse("ext4/sparse", O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(sparse.fd(), bytes));
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, sparse.fd(), 0);
  REQUIRE(memory != MAP_FAILED);
  const auto start = reinterpret_cast<std::uint64_t>(memory);
  EXPECT_EQ(errno_text(Checkpointer().full({start, start + bytes}, "/dev/null")), "ENOMEM");
  REQUIRE_CALL(munmap(memory, bytes));
}

// The killed process can't end, since a thread of it waits for a file system;
// so the kernel takes its memory, and leaves the address space without it.
TEST_CASE(a_process_whose_memory_was_taken) {
  Fuse fuse("fuse", 4 * page_size);
  const std::string file = fuse.file();
  Cgroup group("taken");
  group.limit(32 * mebi);
  Area area(1024);
  fill(area, 5);
  const std::vector<std::byte> before = copy_of(area.range());
  fuse.hold_reads();
  Child target([&](Child::Steps& steps) {
    group.enter();
    int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE_CALL(fd);
    std::promise<pid_t> tid;
    std::thread stuck([&] {
      tid.set_value(gettid());
      char byte;
      (void)!read(fd, &byte, 1);
    });
    steps.tell(static_cast<std::uint64_t>(tid.get_future().get()));
    steps.pause();
    Area more(16384);
    fill(more, 6);
    stuck.join();
  });
  Checkpointer opened(target.pid());
  fuse.wait_for_reader();
  const std::string stuck = "/proc/" + std::to_string(target.pid()) + "/task/" +
                            std::to_string(target.value()) + "/statm";
  target.go();
  // It is killed first, and left to itself for two seconds.
  int error = 0;
  for (int i = 0; i < 1000 && error != ESRCH; i++) {
    error = opened.full(area.range(), "taken");
    EXPECT(error == 0 || error == ENOMEM || error == ESRCH, errno_text(error));
    EXPECT_EQ(exists("taken"), error == 0);
    if (error == 0) expect_image_holds("taken", area.range(), before);
    unlink("taken");
    usleep(20000);
  }
  EXPECT_EQ(errno_text(error), "ESRCH");
  EXPECT(group.memory_event("oom_kill") > 0);
  // Its address space is still there.
  EXPECT(!slurp(stuck).empty() && slurp(stuck)[0] != '0', stuck, slurp(stuck));
  fuse.release_reads();
  target.kill();
}
