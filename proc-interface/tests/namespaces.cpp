// SPDX-License-Identifier: GPL-2.0-or-later
// Processes in other user, pid and mount namespaces.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// Becomes pid 1 of new namespaces, with a /proc of its own, in a new process;
/// the old one waits for its end and exits.
void enter_new_namespaces() {
  REQUIRE_CALL(unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS));
  // Without a number in there root could not make files.
  REQUIRE_EQ(put("/proc/self/setgroups", "deny"), 0);
  REQUIRE_EQ(put("/proc/self/uid_map", "0 0 1"), 0);
  REQUIRE_EQ(put("/proc/self/gid_map", "0 0 1"), 0);
  const pid_t inner = fork();
  REQUIRE_CALL(inner);
  if (inner != 0) {
    int status = 0;
    waitpid(inner, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  REQUIRE_EQ(getpid(), 1);
}

/// The only child of a process, by its pid here.
pid_t child_of(pid_t pid) {
  const std::string task = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
  const std::string children = slurp(task + "/children");
  REQUIRE(!children.empty(), "no child of", pid);
  return std::stoi(children);
}

}  // namespace

TEST_CASE(a_process_in_other_user_and_pid_namespaces) {
  Area area(8);
  fill(area, 1);
  Child outer([&](Child::Steps& steps) {
    enter_new_namespaces();
    steps.pause();
    touch(area.page(3));
    steps.pause();
  });
  const pid_t inner = child_of(outer.pid());
  const std::string pages = chain_after(
      area.range(), [&] { outer.step(); }, inner);
  EXPECT_EQ(pages, "...D....");
  outer.finish();
}

TEST_CASE(a_process_in_other_namespaces_checkpoints_itself) {
  if (mkdir("here", 0700) != 0) REQUIRE_EQ(errno, EEXIST);
  Area area(8);
  fill(area, 2);
  Child outer([&](Child::Steps& steps) {
    enter_new_namespaces();
    // Its paths and its /proc are those of its namespaces.
    REQUIRE_CALL(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
    REQUIRE_CALL(mount("proc", "/proc", "proc", 0, nullptr));
    REQUIRE_CALL(mount("tmpfs", "here", "tmpfs", 0, nullptr));
    REQUIRE_CALL(chdir("here"));
    const std::string pages = chain_after(area.range(), [&] { touch(area.page(5)); });
    EXPECT_EQ(pages, ".....D..");
    REQUIRE_EQ(Checkpointer().full(area.range(), "inside"), 0);
    steps.pause();
  });
  outer.finish();
  EXPECT(!exists("here/inside"), "was made in another mount namespace");
}

// Whoever is root only in a user namespace has no rights outside.
TEST_CASE(root_of_a_user_namespace_is_refused_outside) {
  const pid_t outside = getpid();
  Child inside([=](Child::Steps& steps) {
    REQUIRE_CALL(unshare(CLONE_NEWUSER));
    EXPECT_EQ(errno_text(open_errno(outside)), "EACCES");
    EXPECT_EQ(errno_text(open_errno(1)), "EACCES");
    EXPECT_EQ(errno_text(open_errno(getpid())), "0");
    steps.pause();
  });
  inside.finish();
}

// A writer that has another root: PATH is looked up from there.
TEST_CASE(a_writer_with_another_root) {
  if (mkdir("jail", 0700) != 0) REQUIRE_EQ(errno, EEXIST);
  Area area(4);
  fill(area, 3);
  Child writer([&](Child::Steps& steps) {
    Checkpointer self;
    REQUIRE_CALL(chroot("jail"));
    REQUIRE_CALL(chdir("/"));
    EXPECT_EQ(errno_text(self.full(area.range(), "/image")), "0");
    steps.pause();
  });
  EXPECT(exists("jail/image"));
  expect_chain_equals_memory({"jail/image"}, area.range());
  writer.finish();
}
