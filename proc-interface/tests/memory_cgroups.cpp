// SPDX-License-Identifier: GPL-2.0-or-later
// Memory cgroups at their limit: the target's, which pays for the pages that it
// copies while the old ones wait to be written, and the writer's, which pays for
// what the capture keeps.  An image that is said to be complete is exact.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "support/cgroup.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

std::size_t range_pages() {
  return static_cast<std::size_t>(scaled(8192, 1024));
}

/// A process in a cgroup: fills its range, and at each step rewrites all of it.
class Target {
 public:
  explicit Target(const Cgroup& cgroup)
      : child_([&cgroup](Child::Steps& steps) {
          cgroup.enter();
          Area area(range_pages());
          steps.tell(area.range().start);
          for (std::uint64_t seed = 1;; seed++) {
            fill(area, seed);
            steps.pause();
          }
        }),
        start_(child_.value()) {}

  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  [[nodiscard]] Range range() const { return {start_, start_ + range_pages() * page_size}; }
  /// False: it was killed meanwhile.
  [[nodiscard]] bool rewrite() { return child_.step_or_die(); }

 private:
  Child child_;
  std::uint64_t start_;
};

/// What a target's range holds behind its so many'th fill.
std::vector<std::byte> contents(const Range& range, std::uint64_t seed) {
  Area area(range.pages());
  fill(area, seed);
  return copy_of(area.range());
}

/// A stream that waits while the target rewrites everything.  Returns whether it survived.
bool rewrite_during_a_stream(const Cgroup& cgroup, Target& target) {
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", target.range(), fifo.path()));
  fifo.wait_for_data(command);
  const std::uint64_t before = cgroup.number("memory.current");
  const bool alive = target.rewrite();
  std::cout << "# range " << (target.range().bytes() >> 10) << " KiB, limit "
            << (cgroup.number("memory.max") >> 10) << " KiB; charged before " << (before >> 10)
            << ", at most " << (cgroup.number("memory.peak") >> 10) << "; target "
            << (alive ? "alive" : "killed") << ", oom_kill " << cgroup.memory_event("oom_kill")
            << ", max " << cgroup.memory_event("max") << std::endl;
  EXPECT(alive || cgroup.memory_event("oom_kill") > 0, "died of something else");

  fifo.drain();
  // The capture was complete before the target wrote: whatever became of it since.
  EXPECT_EQ(errno_text(command.result()), "0");
  fifo.save("streamed");
  expect_image_holds("streamed", target.range(), contents(target.range(), 1));
  return alive;
}

void expect_inc_works(Target& target) {
  Checkpointer opened(target.pid());
  REQUIRE_EQ(errno_text(opened.inc(target.range(), "inc")), "0");
  expect_chain_equals_memory({"streamed", "inc"}, target.range(), target.pid());
  unlink("inc");
}

}  // namespace

TEST_CASE(a_target_with_room_for_all_copies) {
  Cgroup cgroup("room");
  Target target(cgroup);
  cgroup.limit(target.range().bytes() * 5 / 2);
  EXPECT(rewrite_during_a_stream(cgroup, target), "killed with memory to spare");
  EXPECT_EQ(cgroup.memory_event("oom_kill"), 0u);
  expect_inc_works(target);
  // And nothing is charged twice any more.
  EXPECT(cgroup.number("memory.current") < target.range().bytes() * 3 / 2,
         cgroup.number("memory.current"));
}

TEST_CASE(a_target_without_room_for_all_copies_and_no_swap) {
  if (slurp("/proc/swaps").find('/') != std::string::npos) SKIP("there is swap");
  Cgroup cgroup("tight");
  Target target(cgroup);
  cgroup.limit(target.range().bytes() * 3 / 2);
  if (rewrite_during_a_stream(cgroup, target)) expect_inc_works(target);
}

TEST_CASE(a_target_without_room_for_all_copies_but_swap) {
  Swap swap;
  Cgroup cgroup("swapping");
  Target target(cgroup);
  cgroup.limit(target.range().bytes() * 3 / 2);
  EXPECT(rewrite_during_a_stream(cgroup, target), "killed although there is swap");
  expect_inc_works(target);
}

TEST_CASE(a_range_that_is_larger_than_the_limit) {
  Swap swap;
  Cgroup cgroup("small");
  Child neighbour([&](Child::Steps& steps) {
    cgroup.enter();
    steps.pause();
  });
  Target target(cgroup);
  cgroup.limit(target.range().bytes() / 2);
  Checkpointer opened(target.pid());
  for (const char* word : {"full", "inc"}) {
    int error = opened.command(command_text(word, target.range(), "large"));
    std::cout << "# " << word << ": " << errno_text(error) << ", oom_kill "
              << cgroup.memory_event("oom_kill") << ", stall "
              << opened.status().number("last.stall_ns") / 1000 << " us" << std::endl;
    EXPECT(error == 0 || error == EAGAIN || error == ENOMEM || error == ESRCH, errno_text(error));
    EXPECT_EQ(exists("large"), error == 0);
    if (error == 0) expect_image_holds("large", target.range(), contents(target.range(), 1));
    unlink("large");
  }
  // Whoever was killed, it was not somebody else.
  neighbour.finish();
  // With room it works again, if it is still there.
  if (cgroup.memory_event("oom_kill") > 0) return;
  cgroup.limit(target.range().bytes() * 2);
  REQUIRE_EQ(errno_text(opened.inc(target.range(), "larger")), "0");
  expect_image_holds("larger", target.range(), contents(target.range(), 1));
}

// Arguments: cgroup, pid, command.  Exit status: the errno.
TEST_HELPER(write_in_a_cgroup) {
  if (int error = put(arguments.at(0) + "cgroup.procs", "0"); error != 0) return 251;
  int fd = open(("/proc/" + arguments.at(1) + "/checkpoint").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return 252;
  return write_command(fd, arguments.at(2));
}

TEST_CASE(a_writer_without_room_for_what_it_copies) {
  // Shared memory is copied within the stall, and the writer is charged.
  Cgroup cgroup("writer");
  cgroup.limit(range_pages() * page_size / 2);
  Area area(range_pages(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "base"), 0);
  touch(area.page(7));
  Output output =
      run(helper_command("write_in_a_cgroup", {cgroup.directory(), std::to_string(getpid()),
                                               command_text("inc", area.range(), "copied")}));
  std::cout << "# limit " << (cgroup.number("memory.max") >> 10) << " KiB, at most "
            << (cgroup.number("memory.peak") >> 10) << ", oom_kill "
            << cgroup.memory_event("oom_kill") << std::endl;
  EXPECT_EQ(errno_text(output.status), "ENOMEM");
  EXPECT_EQ(cgroup.memory_event("oom_kill"), 0u);
  EXPECT(!exists("copied"));
  touch(area.page(8));
  REQUIRE_EQ(self.inc(area.range(), "next"), 0);
  expect_chain_equals_memory({"base", "next"}, area.range());
  EXPECT_EQ(cgroup.number("memory.current") >> 20, 0u, "MiB still charged");
}
