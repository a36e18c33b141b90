// SPDX-License-Identifier: GPL-2.0-or-later
// An open /proc/<pid>/checkpoint is of one address space: it is dead once that
// is gone, whatever the process, or its number, has become.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/holder.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_HELPER(sleep_until_killed) {
  for (;;) pause();
}

namespace {

/// Every command must be ESRCH and create nothing.
void expect_dead(const Checkpointer& opened, const Range& range) {
  EXPECT_EQ(errno_text(opened.full(range, "dead")), "ESRCH");
  EXPECT_EQ(errno_text(opened.inc(range, "dead")), "ESRCH");
  EXPECT_EQ(errno_text(opened.forget()), "ESRCH");
  EXPECT(!exists("dead"));
}

}  // namespace

TEST_CASE(after_exec_the_descriptor_is_dead_and_the_baseline_is_gone) {
  Area area(4);
  fill(area, 1);
  Child target([](Child::Steps& steps) {
    steps.pause();
    std::vector<std::string> command = helper_command("sleep_until_killed", {});
    execl(command[0].c_str(), command[0].c_str(), command[1].c_str(), command[2].c_str(), nullptr);
  });
  Checkpointer opened(target.pid());
  const Range all{0, ~std::uint64_t{0} - 4095};
  REQUIRE_EQ(opened.full(area.range(), "before"), 0);
  REQUIRE_EQ(opened.full(all, "all.before"), 0);
  target.leave();
  expect_dead(opened, area.range());

  Checkpointer again(target.pid());
  EXPECT(again.status().ranges().empty());
  REQUIRE_EQ(again.inc(all, "all.after"), 0);
  EXPECT(open_image("all.after").info().kind == checkpoint::Kind::full);
  EXPECT(open_image("all.after").info().asked_inc());
}

TEST_CASE(after_exit_the_descriptor_is_dead) {
  Area area(4);
  Child target([](Child::Steps& steps) { steps.pause(); });
  Checkpointer opened(target.pid());
  target.kill();
  expect_dead(opened, area.range());
}

TEST_CASE(a_zombie_has_no_memory) {
  Area area(4);
  Child target([](Child::Steps& steps) { steps.pause(); });
  Checkpointer opened(target.pid());
  REQUIRE_CALL(kill(target.pid(), SIGKILL));
  siginfo_t info{};
  REQUIRE_CALL(waitid(P_PID, static_cast<id_t>(target.pid()), &info, WEXITED | WNOWAIT));
  expect_dead(opened, area.range());

  int fd = open(("/proc/" + std::to_string(target.pid()) + "/checkpoint").c_str(), O_RDWR);
  if (fd == -1) {
    EXPECT(errno == ESRCH || errno == EACCES, std::strerror(errno));
  } else {
    EXPECT_EQ(errno_text(write_command(fd, command_text("full", area.range(), "dead"))), "ESRCH");
    close(fd);
  }
}

TEST_CASE(a_kernel_thread_has_no_memory) {
  if (slurp("/proc/2/comm") != "kthreadd\n") SKIP("pid 2 is not kthreadd");
  Area area(4);
  int fd = open("/proc/2/checkpoint", O_RDWR);
  if (fd == -1) {
    EXPECT_EQ(errno_text(errno), "ESRCH");
    return;
  }
  EXPECT_EQ(errno_text(write_command(fd, command_text("full", area.range(), "none"))), "ESRCH");
  close(fd);
}

TEST_CASE(the_descriptor_alone_does_not_keep_memory) {
  // The target's 64 MiB must be free again although its descriptor is open.
  constexpr std::uint64_t pages = 16384;
  keep_no_free_pages_aside();
  Holder target(pages);
  Checkpointer opened(target.pid());
  REQUIRE_EQ(opened.full(target.range(), "/dev/null"), 0);
  const std::uint64_t before = free_memory();
  target.kill();
  expect_free_memory(before + pages * 4 / 2);
}

TEST_CASE(descriptors_of_threads_are_of_the_process) {
  Area area(2);
  fill(area, 1);
  std::string file = "/proc/self/task/" + std::to_string(gettid()) + "/checkpoint";
  // Only /proc/<pid> has the file.
  EXPECT(!exists(file));
  Checkpointer by_tid(gettid());
  EXPECT_EQ(by_tid.full(area.range(), "by_tid"), 0);
}
