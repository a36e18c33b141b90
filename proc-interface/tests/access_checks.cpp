// SPDX-License-Identifier: GPL-2.0-or-later
// Opening /proc/<pid>/checkpoint asks what ptrace asks: processes that are not
// dumpable, set-uid programs, user namespaces, hidepid and Yama.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t user = 1234;
const std::string yama = "/proc/sys/kernel/yama/ptrace_scope";

int errno_of_opening(const std::string& path) {
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

/// The user's process; it goes on when it is told to.
Child users_process() {
  return Child([](Child::Steps& steps) {
    become_user(user);
    steps.pause();
  });
}

/// Root of a new user namespace, and nobody outside.
void become_root_of_a_namespace() {
  const uid_t outside = getuid();
  if (unshare(CLONE_NEWUSER) != 0) SKIP(std::string("no user namespaces: ") + std::strerror(errno));
  put("/proc/self/setgroups", "deny");
  const std::string map = "0 " + std::to_string(outside) + " 1\n";
  REQUIRE_EQ(errno_text(put("/proc/self/uid_map", map)), "0");
  REQUIRE_EQ(errno_text(put("/proc/self/gid_map", map)), "0");
  REQUIRE_CALL(setresgid(0, 0, 0));
  REQUIRE_CALL(setresuid(0, 0, 0));
  REQUIRE_CALL(prctl(PR_SET_DUMPABLE, 1));
}

class YamaScope {
 public:
  explicit YamaScope(int scope) : before_(slurp(yama)) {
    if (before_.empty()) SKIP("the kernel has no Yama");
    REQUIRE_EQ(errno_text(put(yama, std::to_string(scope))), "0");
  }
  YamaScope(const YamaScope&) = delete;
  YamaScope& operator=(const YamaScope&) = delete;
  ~YamaScope() { put(yama, before_); }

 private:
  std::string before_;
};

void in_a_child(const std::function<void()>& body) {
  Child child([&](Child::Steps& steps) {
    body();
    steps.pause();
  });
  child.finish();
}

}  // namespace

// Until it is killed.
TEST_HELPER(wait) {
  for (;;) pause();
}

TEST_CASE(dumpable_off_and_on) {
  Child target([](Child::Steps& steps) {
    become_user(user);
    steps.pause();
    prctl(PR_SET_DUMPABLE, 0);
    steps.pause();
    prctl(PR_SET_DUMPABLE, 1);
    steps.pause();
  });
  int round = 0;
  for (const char* expected : {"0", "EACCES", "0"}) {
    in_a_child([&] {
      become_user(user);
      EXPECT_EQ(errno_text(open_errno(target.pid())), expected);
    });
    EXPECT_EQ(errno_text(open_errno(target.pid())), "0", "as root");
    if (++round < 3) target.step();
  }
}

TEST_CASE(a_descriptor_survives_dumpable_off_as_that_of_mem_does) {
  in_a_child([] {
    become_user(user);
    Area area(2);
    fill(area, 1);
    Checkpointer self;
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0);
    char byte = 0;
    EXPECT_EQ(pread(mem, &byte, 1, static_cast<off_t>(area.range().start)), 1);
    EXPECT_EQ(errno_text(self.full(area.range(), "/dev/null")), "0");
    EXPECT_EQ(errno_text(errno_of_opening("/proc/self/checkpoint")), "EACCES");
    close(mem);
  });
}

TEST_CASE(a_set_uid_program_is_not_its_users) {
  REQUIRE_CALL(chmod(".", 0755));
  std::ofstream("suid", std::ios::binary)
      << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
  REQUIRE_CALL(chmod("suid", 04755));
  Child target([](Child::Steps& steps) {
    become_user(user);
    steps.pause();
    std::vector<std::string> command = helper_command("wait", {});
    execl("./suid", "./suid", command[1].c_str(), command[2].c_str(), nullptr);
  });
  Area area(4);
  const pid_t pid = target.pid();
  Child attacker([&, pid](Child::Steps& steps) {
    become_user(user);
    Checkpointer before(pid);
    REQUIRE_EQ(errno_text(before.full(area.range(), "/dev/null")), "0");
    steps.pause();
    EXPECT_EQ(errno_text(open_errno(pid)), "EACCES");
    EXPECT_EQ(errno_text(before.full(area.range(), "/dev/null")), "ESRCH");
    EXPECT_EQ(errno_text(before.inc({0, ~std::uint64_t{4095}}, "/dev/null")), "ESRCH");
    EXPECT_EQ(errno_text(before.forget()), "ESRCH");
    steps.pause();
  });
  target.leave();
  attacker.step();
  attacker.finish();
  EXPECT_EQ(number_in("/proc/" + std::to_string(pid) + "/status", "Uid"), user);
}

TEST_CASE(root_of_a_user_namespace_is_not_root) {
  Child roots([](Child::Steps& steps) { steps.pause(); });
  Child users = users_process();
  in_a_child([&] {
    become_user(user);
    become_root_of_a_namespace();
    EXPECT_EQ(errno_text(open_errno(roots.pid())), "EACCES");
    EXPECT_EQ(errno_text(open_errno(1)), "EACCES");
    // Not even of the same user: that process has not given up to the namespace.
    EXPECT_EQ(errno_text(open_errno(users.pid())), "EACCES");
    EXPECT_EQ(errno_text(open_errno(getpid())), "0");
  });
}

TEST_CASE(the_owner_of_a_user_namespace_may_open_what_runs_in_it) {
  Child inside([](Child::Steps& steps) {
    become_user(user);
    become_root_of_a_namespace();
    Area area(4);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
  });
  const std::uint64_t start = inside.value();
  in_a_child([&] {
    become_user(user);
    Checkpointer opened(inside.pid());
    EXPECT_EQ(errno_text(opened.full({start, start + 4 * page_size}, "/dev/null")), "0");
  });
  in_a_child([&] {
    become_user(user + 1);
    EXPECT_EQ(errno_text(open_errno(inside.pid())), "EACCES");
  });
}

TEST_CASE(a_command_from_within_a_user_namespace_has_the_rights_of_the_opener) {
  REQUIRE_CALL(chmod(".", 0755));
  mkdir("ours", 0700);
  REQUIRE_CALL(chown("ours", user, user));
  mkdir("roots", 0700);
  Child users([](Child::Steps& steps) {
    become_user(user);
    Area area(4);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
  });
  const std::uint64_t start = users.value();
  const Range range{start, start + 4 * page_size};
  in_a_child([&] {
    become_user(user);
    Checkpointer opened(users.pid());
    become_root_of_a_namespace();
    EXPECT_EQ(errno_text(opened.full(range, "roots/no")), "EACCES");
    EXPECT_EQ(errno_text(opened.full(range, "ours/yes")), "0");
  });
  struct stat st {};
  REQUIRE_CALL(stat("ours/yes", &st));
  EXPECT_EQ(st.st_uid, user);
  EXPECT(!exists("roots/no"));
  expect_chain_equals_memory({"ours/yes"}, range, users.pid());
}

TEST_CASE(hidepid) {
  REQUIRE_CALL(chmod(".", 0755));
  mkdir("proc", 0755);
  Child roots([](Child::Steps& steps) { steps.pause(); });
  Child users = users_process();
  for (const char* hidden : {"1", "2", "4"}) {
    REQUIRE_CALL(mount("proc", "proc", "proc", 0, (std::string("hidepid=") + hidden).c_str()));
    const std::string theirs = "proc/" + std::to_string(roots.pid()) + "/checkpoint";
    const std::string ours = "proc/" + std::to_string(users.pid()) + "/checkpoint";
    in_a_child([&] {
      become_user(user);
      int error = errno_of_opening(theirs);
      EXPECT(error == EPERM || error == ENOENT || error == EACCES, errno_text(error), hidden);
      if (hidden != std::string("1")) EXPECT_EQ(errno_text(error), "ENOENT", hidden);
      EXPECT_EQ(errno_text(errno_of_opening(ours)), "0", hidden);
    });
    EXPECT_EQ(errno_text(errno_of_opening(theirs)), "0", "root", hidden);
    REQUIRE_CALL(umount("proc"));
  }
}

TEST_CASE(yama_lets_only_ancestors_attach) {
  YamaScope scope(1);
  Child users = users_process();
  Child permits([](Child::Steps& steps) {
    become_user(user);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    steps.pause();
  });
  in_a_child([&] {
    become_user(user);
    EXPECT_EQ(errno_text(open_errno(users.pid())), "EACCES");
    EXPECT_EQ(errno_text(open_errno(permits.pid())), "0");
    EXPECT_EQ(errno_text(open_errno(getpid())), "0", "itself");
    Child own([](Child::Steps& steps) { steps.pause(); });
    EXPECT_EQ(errno_text(open_errno(own.pid())), "0", "its child");
  });
  EXPECT_EQ(errno_text(open_errno(users.pid())), "0", "root");
}

TEST_CASE(yama_lets_only_root_attach) {
  YamaScope scope(2);
  in_a_child([] {
    become_user(user);
    EXPECT_EQ(errno_text(open_errno(getpid())), "0", "itself");
    Child own([](Child::Steps& steps) { steps.pause(); });
    EXPECT_EQ(errno_text(open_errno(own.pid())), "EACCES", "its child");
  });
  Child users = users_process();
  EXPECT_EQ(errno_text(open_errno(users.pid())), "0", "root");
}
