// SPDX-License-Identifier: GPL-2.0-or-later
// A command that somebody holds up, with a stream that nobody reads or a file
// system that does not answer, holds up nobody else: the target runs on and maps
// memory, other processes are saved, the status can be read, and a signal ends it.
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <thread>

#include "support/cgroup.h"
#include "support/checkpointer.h"
#include "support/faulty_files.h"
#include "support/fifo.h"
#include "support/holder.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"
#include "support/tracked.h"

using namespace test;

namespace {

/// All that would wait if a lock of the address space were held.
void expect_free(const Area& area) {
  touch(area);
  Area more(64);
  fill(more, 1);
  void* heap = sbrk(0);
  REQUIRE(brk(static_cast<char*>(heap) + (1 << 20)) == 0 && brk(heap) == 0);
  REQUIRE_CALL(mprotect(area.page(1), page_size, PROT_READ));
  REQUIRE_CALL(mprotect(area.page(1), page_size, PROT_READ | PROT_WRITE));
  Child forked([](Child::Steps& steps) { steps.pause(); });
  forked.finish();
}

/// Whether it comes to that, and not only much later.
bool in_time(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 10000; tries++) {
    if (condition()) return true;
    usleep(1000);
  }
  return false;
}

/// A process that was sent SIGKILL.
bool dies(CommandProcess& command) {
  return in_time([&] { return !command.running(); });
}

void wait_until(const std::function<bool()>& condition, CommandProcess& command) {
  while (!condition()) {
    // Only then: result() waits for the end.
    if (!command.running()) REQUIRE_EQ(errno_text(command.result()), "still running");
    usleep(1000);
  }
}

/// Where a fault has no lock but that of the address space, the process hangs
/// without anybody's checkpoint: before Linux 6.4.
bool mappings_have_locks() {
  utsname kernel{};
  REQUIRE_CALL(uname(&kernel));
  int major = 0, minor = 0;
  REQUIRE_EQ(std::sscanf(kernel.release, "%d.%d", &major, &minor), 2);
  const bool have = major > 6 || (major == 6 && minor >= 4);
  if (!have) std::cout << "# not here: mappings have no locks" << std::endl;
  return have;
}

/// A thread that stores to a mapped page of which the server has not yet said that
/// it has what was there before.
class Waiting {
 public:
  Waiting() {
    server_.add("mapped", std::string(area.bytes(), 'm'));
    const int fd = open("fuse/mapped", O_RDWR | O_CLOEXEC);
    REQUIRE_CALL(fd);
    REQUIRE(mmap(area.data(), area.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                 0) != MAP_FAILED);
    REQUIRE_CALL(close(fd));  // which waits for the server, too
    server_.hold(FUSE_WRITE);
    touch(area.page(1));
    syncer_ = std::thread([this] { msync(area.data(), area.bytes(), MS_SYNC); });
    EXPECT(in_time([&] { return server_.holding(); }));
    writer_ = std::thread([this] {
      tid_ = gettid();
      touch(area.page(1));
      tid_ = 0;
    });
    EXPECT(in_time([&] { return tid_ != 0; }) && in_time([&] { return waits(tid_); }));
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { release(); }

  void release() {
    server_.release();
    for (std::thread* thread : {&syncer_, &writer_})
      if (thread->joinable()) thread->join();
  }
  [[nodiscard]] bool still_waits() const { return tid_ != 0; }

  Area area{4};

 private:
  /// In the kernel, uninterruptibly.
  static bool waits(pid_t task) {
    return slurp("/proc/" + std::to_string(task) + "/status").find("State:\tD") !=
           std::string::npos;
  }

  FuseFileSystem server_{"fuse"};
  std::atomic<pid_t> tid_{0};
  std::thread syncer_, writer_;
};

}  // namespace

TEST_CASE(a_stream_that_nobody_reads) {
  Area area(512);
  fill(area, 1);
  Fifo fifo("fifo");
  CommandProcess held(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(held);
  expect_free(area);
  Checkpointer self;
  EXPECT_EQ(self.status().text("state"), "writing");

  // Others do not wait for it.
  Child other([](Child::Steps& steps) {
    Area own(8);
    fill(own, 1);
    Checkpointer opened;
    EXPECT_EQ(errno_text(opened.full(own.range(), "others")), "0");
    expect_chain_equals_memory({"others"}, own.range());
    steps.pause();
  });
  other.finish();

  // What needs the same process waits, and can be told not to.
  CommandProcess forget(getpid(), "forget\n");
  CommandProcess inc(getpid(), command_text("inc", area.range(), "waiting"));
  usleep(100000);
  EXPECT(forget.running() && inc.running());
  forget.kill();
  inc.kill();
  EXPECT_EQ(forget.result(), -SIGKILL);
  EXPECT_EQ(inc.result(), -SIGKILL);
  EXPECT(!exists("waiting"));

  EXPECT(held.running());
  held.kill();
  EXPECT_EQ(held.result(), -SIGKILL);
  EXPECT_EQ(errno_text(self.forget()), "0");
  EXPECT_EQ(errno_text(self.full(area.range(), "after")), "0");
  expect_chain_equals_memory({"after"}, area.range());
}

TEST_CASE(a_writer_that_is_frozen_in_the_middle_of_a_stream) {
  Cgroup cgroup("frozen");
  Tracked tracked(128);
  Fifo fifo("fifo");
  tracked.change();
  CommandProcess held(getpid(), command_text("inc", tracked.range(), fifo.path()));
  fifo.wait_for_data(held);
  cgroup.set("cgroup.procs", std::to_string(held.pid()));
  cgroup.set("cgroup.freeze", "1");
  wait_until([&] { return cgroup.event("frozen") == 1; }, held);
  expect_free(tracked.area);
  cgroup.set("cgroup.freeze", "0");
  fifo.drain();
  // Half an image can't be resumed from user space, where processes freeze.
  const int error = held.result();
  EXPECT(error == 0 || error == EINTR, errno_text(error));
  std::cout << "# frozen and thawed: " << errno_text(error) << std::endl;
  if (error == 0) {
    fifo.save("thawed");
    tracked.take("thawed");
  }
  tracked.change();
  tracked.expect_next_inc_complete();
}

TEST_CASE(what_a_held_up_command_keeps_is_free_when_it_is_killed) {
  constexpr std::size_t pages = 16384;
  keep_no_free_pages_aside();
  Holder target(pages);
  Fifo fifo("fifo");
  CommandProcess held(target.pid(), command_text("full", target.range(), fifo.path()));
  fifo.wait_for_data(held);
  target.kill();
  const std::uint64_t before = free_memory();
  held.kill();
  EXPECT_EQ(held.result(), -SIGKILL);
  expect_free_memory(before + pages * 4 / 2);
}

TEST_CASE(a_file_system_that_does_not_answer_a_write) {
  FuseFileSystem server("fuse");
  Area area(64);
  fill(area, 1);
  server.hold(FUSE_WRITE);
  CommandProcess held(getpid(), command_text("full", area.range(), "fuse/image"));
  wait_until([&] { return server.holding(); }, held);
  expect_free(area);
  // A request that the server has taken ends when the server says so, for any writer.
  held.kill();
  expect_free(area);
  server.release();
  EXPECT(dies(held));
  // FUSE refuses a process that dies to wait for its unlink: what stays is no checkpoint.
  if (server.names().empty()) return;
  std::cout << "# the file could not be removed" << std::endl;
  bool opens = true;
  try {
    open_image("fuse/image");
  } catch (const std::exception&) {
    opens = false;
  }
  EXPECT(!opens, "half an image passes for a whole one");
}

TEST_CASE(a_mapped_file_whose_file_system_does_not_answer) {
  FuseFileSystem server("fuse");
  server.add("mapped", std::string(16 * page_size, 'm'));
  int fd = open("fuse/mapped", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(fd);
  Area area(16, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  close(fd);
  server.hold(FUSE_READ);
  CommandProcess held(getpid(), command_text("full", area.range(), "image"));
  wait_until([&] { return server.holding(); }, held);
  Area other(4);
  expect_free(other);
  Checkpointer self;
  EXPECT_EQ(self.status().text("state"), "capturing");
  held.kill();
  const bool died = dies(held);
  EXPECT(died, "cannot be killed while the server of a mapped file is silent");
  server.release();
  EXPECT(dies(held));
  EXPECT(!exists("image"));
  EXPECT_EQ(errno_text(self.full(area.range(), "later")), "0");
  expect_chain_equals_memory({"later"}, area.range());
}

// It holds the lock of its mapping, and the server, which is of the same process, has
// to map memory before it answers.
TEST_CASE(a_thread_that_waits_to_write_to_a_mapped_file) {
  if (!mappings_have_locks()) return;
  Waiting writer;
  CommandProcess held(getpid(), command_text("full", writer.area.range(), "waited"));
  usleep(50000);
  // (No fork(), which waits for that lock.)
  Area more(64);
  fill(more, 1);
  EXPECT(writer.still_waits());
  writer.release();
  EXPECT_EQ(errno_text(held.result()), "0");
  Checkpointer self;
  EXPECT_EQ(errno_text(self.inc(writer.area.range(), "waited.inc")), "0");
  expect_chain_equals_memory({"waited", "waited.inc"}, writer.area.range());
}

TEST_CASE(a_thread_that_waits_too_long) {
  if (!mappings_have_locks()) return;
  Waiting writer;
  CommandProcess held(getpid(), command_text("full", writer.area.range(), "image"));
  EXPECT_EQ(errno_text(held.result()), errno_text(EAGAIN));
  EXPECT(writer.still_waits());
  EXPECT(!exists("image"));
}

TEST_CASE(a_mapped_file_whose_server_fails) {
  FuseFileSystem server("fuse");
  server.add("mapped", std::string(4 * page_size, 'm'));
  int fd = open("fuse/mapped", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(fd);
  Area area(4, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  Checkpointer self;
  // Not for good: what can't be read now is skipped, never taken for zeros.
  server.fail(FUSE_READ, 1, EIO);
  int error = self.full(area.range(), "image");
  EXPECT(error == 0 || error == EAGAIN || error == EIO, errno_text(error));
  if (error == 0) {
    const std::string seen = picture("image", area.range());
    EXPECT(count(seen, 'Z') == 0, seen);
  }
  EXPECT_EQ(errno_text(self.full(area.range(), "readable")), "0");
  expect_chain_equals_memory({"readable"}, area.range());
  close(fd);
}
