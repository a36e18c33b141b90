// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that changes by other hands than the process's own instructions:
// process_vm_writev, ptrace, /proc/<pid>/mem, read(2) and O_DIRECT.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/ext4.h"
#include "support/loop.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// A process at rest with @pages filled pages.
class Target {
 public:
  explicit Target(std::size_t pages)
      : child_([pages](Child::Steps& steps) {
          Area area(pages);
          fill(area, 1);
          steps.tell(area.range().start);
          steps.pause();
        }) {
    range.start = child_.value();
    range.end = range.start + pages * page_size;
  }
  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  [[nodiscard]] std::uint64_t page(std::size_t index) const {
    return range.start + index * page_size;
  }

  Range range;

 private:
  Child child_;
};

ssize_t vm_write(pid_t pid, std::uint64_t address, const void* bytes, std::size_t size) {
  iovec local{const_cast<void*>(bytes), size};
  iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

}  // namespace

TEST_CASE(process_vm_writev_between) {
  Target target(16);
  const std::string pages = chain_after(
      target.range,
      [&] { REQUIRE_EQ(vm_write(target.pid(), target.page(3) + 4090, "crosses a page", 14), 14); },
      target.pid());
  EXPECT_EQ(pages, "...DD...........");
}

TEST_CASE(process_vm_writev_during_the_captures) {
  Target target(256);
  Checkpointer opened(target.pid());
  Area shared(1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  std::atomic_ref written(*reinterpret_cast<std::uint64_t*>(shared.data()));
  Child writer([&](Child::Steps& steps) {
    std::vector<char> bytes(64 * page_size);
    steps.pause();
    // Until it is killed, which can be in the middle of a write.
    for (unsigned round = 0;; round++) {
      std::memset(bytes.data(), static_cast<int>(round), bytes.size());
      // Only those count that were written.
      written += vm_write(target.pid(), target.page(round * 37 % 192), bytes.data(),
                          bytes.size()) == static_cast<ssize_t>(bytes.size());
    }
  });
  writer.go();
  ImageChain chain;
  for (int i = 0; i < scaled(24, 6); i++) {
    const std::string path = "d" + std::to_string(i);
    // One at least has ended since the capture before.
    for (const std::uint64_t before = written; written == before;) sched_yield();
    REQUIRE_EQ(errno_text(opened.inc(target.range, path)), "0");
    chain.add(path);
  }
  writer.kill();
  REQUIRE_EQ(opened.inc(target.range, "d.end"), 0);
  chain.add("d.end");
  chain.expect_equals_memory(target.range, target.pid());
}

TEST_CASE(ptrace_poke) {
  Target target(8);
  // A traced and stopped process is checkpointed like any other.
  const std::string pages = chain_after(
      target.range,
      [&] {
        REQUIRE_CALL(ptrace(PTRACE_SEIZE, target.pid(), nullptr, nullptr));
        REQUIRE_CALL(ptrace(PTRACE_INTERRUPT, target.pid(), nullptr, nullptr));
        REQUIRE_CALL(waitpid(target.pid(), nullptr, __WALL));
        REQUIRE_CALL(ptrace(PTRACE_POKEDATA, target.pid(), target.page(5) + 16, 0x1234567890));
      },
      target.pid());
  REQUIRE_CALL(ptrace(PTRACE_DETACH, target.pid(), nullptr, nullptr));
  EXPECT_EQ(pages, ".....D..");
}

TEST_CASE(proc_mem) {
  Target target(8);
  OpenFile mem("/proc/" + std::to_string(target.pid()) + "/mem", O_RDWR);
  const std::string pages = chain_after(
      target.range,
      [&] { REQUIRE_EQ(pwrite(mem.fd(), "poked", 5, static_cast<off_t>(target.page(2))), 5); },
      target.pid());
  EXPECT_EQ(pages, "..D.....");
}

TEST_CASE(read_into_the_range) {
  Area area(8);
  fill(area, 2);
  OpenFile file("/proc/self/exe", O_RDONLY);
  const std::string pages = chain_after(area.range(), [&] {
    REQUIRE_EQ(pread(file.fd(), area.page(4), page_size + 1, 0),
               static_cast<ssize_t>(page_size + 1));
  });
  EXPECT_EQ(pages, "....DD..");
}

TEST_CASE(direct_io_into_the_range) {
  OpenFile disk("disk", O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(disk.fd(), 16 << 20));
  Loop loop(disk.fd());
  // tmpfs takes O_DIRECT for granted, and copies all the same.
  Ext4 ext4(loop.path(), "ext4");
  constexpr const char* file = "ext4/direct";
  std::vector<char> contents(16 * page_size, 'd');
  int fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_EQ(write(fd, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
  close(fd);
  fd = open(file, O_RDONLY | O_DIRECT | O_CLOEXEC);
  REQUIRE_CALL(fd);

  Area area(64);
  fill(area, 3);
  Checkpointer self;
  ImageChain chain;
  for (std::size_t round = 0; round < 4; round++) {
    const std::string path = "direct." + std::to_string(round);
    REQUIRE_EQ(self.inc(area.range(), path), 0);
    chain.add(path);
    chain.expect_equals_memory(area.range());
    REQUIRE_EQ(pread(fd, area.page(round * 7), 8 * page_size, 0),
               static_cast<ssize_t>(8 * page_size));
  }
  close(fd);
  REQUIRE_EQ(self.inc(area.range(), "direct.end"), 0);
  chain.add("direct.end");
  chain.expect_equals_memory(area.range());
}
