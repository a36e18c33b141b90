// SPDX-License-Identifier: GPL-2.0-or-later
// Who may open /proc/<pid>/checkpoint, and with whose rights the file is made.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t user = 1234, stranger = 2345;

/// A place where the user may create files, and one where only root may.
void make_directories() {
  REQUIRE_CALL(chmod(".", 0755));
  mkdir("theirs", 0700);
  REQUIRE_CALL(chown("theirs", user, user));
  mkdir("roots", 0700);
}

struct stat status_of(const std::string& path) {
  struct stat st {};
  REQUIRE(stat(path.c_str(), &st) == 0, path, std::strerror(errno));
  return st;
}

}  // namespace

TEST_CASE(the_file_is_for_its_owner_only) {
  struct stat st = status_of("/proc/self/checkpoint");
  EXPECT_EQ(st.st_mode, mode_t{S_IFREG | 0600});
}

TEST_CASE(an_unprivileged_user_checkpoints_its_own_process) {
  make_directories();
  Child own([](Child::Steps& steps) {
    become_user(user);
    Area area(4);
    fill(area, 1);
    Checkpointer self;
    REQUIRE_EQ(self.full(area.range(), "theirs/full"), 0);
    touch(area.page(2));
    REQUIRE_EQ(self.inc(area.range(), "theirs/inc"), 0);
    EXPECT_EQ(picture("theirs/inc", area.range()), "..D.");
    expect_chain_equals_memory({"theirs/full", "theirs/inc"}, area.range());
    steps.pause();
  });
  own.finish();
  EXPECT_EQ(status_of("theirs/full").st_uid, user);
}

TEST_CASE(a_new_file_is_private_whatever_the_umask) {
  make_directories();
  mode_t before = umask(0);
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  EXPECT_EQ(self.full(area.range(), "roots/private"), 0);
  umask(before);
  EXPECT_EQ(status_of("roots/private").st_mode, mode_t{S_IFREG | 0600});
}

TEST_CASE(another_users_process_is_eacces) {
  Child roots([](Child::Steps& steps) { steps.pause(); });
  Child strangers([](Child::Steps& steps) {
    become_user(stranger);
    steps.pause();
  });
  pid_t root_pid = roots.pid(), stranger_pid = strangers.pid();
  Child own([=](Child::Steps& steps) {
    become_user(user);
    EXPECT_EQ(errno_text(open_errno(root_pid)), "EACCES");
    EXPECT_EQ(errno_text(open_errno(stranger_pid)), "EACCES");
    EXPECT_EQ(errno_text(open_errno(1)), "EACCES");
    steps.pause();
  });
  own.finish();
}

TEST_CASE(a_process_that_is_not_dumpable_is_eacces_for_its_user) {
  Child own([](Child::Steps& steps) {
    REQUIRE_CALL(setresuid(user, user, user));  // not dumpable any more
    EXPECT_EQ(errno_text(open_errno(getpid())), "EACCES");
    steps.pause();
  });
  own.finish();
}

TEST_CASE(a_user_cannot_write_where_only_root_may) {
  make_directories();
  Child own([](Child::Steps& steps) {
    become_user(user);
    Area area(1);
    fill(area, 1);
    Checkpointer self;
    EXPECT_EQ(errno_text(self.full(area.range(), "roots/no")), "EACCES");
    EXPECT_EQ(errno_text(self.full(area.range(), "no")), "EACCES");
    steps.pause();
  });
  own.finish();
  EXPECT(!exists("roots/no"));
  EXPECT(!exists("no"));
}

// The program that gets the descriptor.  Exit status: the errno.
TEST_HELPER(write_as_root) {
  if (geteuid() != 0) return 250;
  return write_command(std::stoi(arguments.at(0)), arguments.at(1));
}

TEST_CASE(a_setuid_program_gets_no_further_than_who_opened) {
  make_directories();
  {
    std::ifstream from("/proc/self/exe", std::ios::binary);
    std::ofstream("suid", std::ios::binary) << from.rdbuf();
  }
  REQUIRE_CALL(chmod("suid", 04755));

  Child own([](Child::Steps& steps) {
    become_user(user);
    Child target([](Child::Steps& inner) { inner.pause(); });
    int fd = open(("/proc/" + std::to_string(target.pid()) + "/checkpoint").c_str(), O_RDWR);
    REQUIRE_CALL(fd);
    Area area(1);  // any range will do
    auto ask = [&](const char* path) {
      std::vector<std::string> command = helper_command(
          "write_as_root", {std::to_string(fd), command_text("full", area.range(), path)});
      command[0] = "./suid";
      return run(command).status;
    };
    EXPECT_EQ(errno_text(ask("roots/stolen")), "EACCES");
    EXPECT_EQ(errno_text(ask("theirs/allowed")), "0");
    steps.pause();
  });
  own.finish();
  EXPECT(!exists("roots/stolen"));
  EXPECT_EQ(status_of("theirs/allowed").st_uid, user);
}

TEST_CASE(who_opened_counts_after_privileges_are_dropped) {
  make_directories();
  Child own([](Child::Steps& steps) {
    Area area(1);
    fill(area, 1);
    Checkpointer opened_as_root;
    become_user(user);
    EXPECT_EQ(errno_text(opened_as_root.full(area.range(), "roots/handed")), "0");
    steps.pause();
  });
  own.finish();
  EXPECT_EQ(status_of("roots/handed").st_uid, 0u);
}

TEST_CASE(yama_lets_only_ancestors_attach) {
  const std::string scope = "/proc/sys/kernel/yama/ptrace_scope";
  if (!exists(scope)) SKIP("no Yama in this kernel");
  const std::string before = slurp(scope);
  auto be_user_and_wait = [](Child::Steps& steps) {
    become_user(user);
    steps.pause();
  };
  Child sibling(be_user_and_wait);
  const pid_t sibling_pid = sibling.pid();
  auto open_both = [&] {
    Child own([&](Child::Steps& steps) {
      become_user(user);
      Child below([](Child::Steps& inner) { inner.pause(); });
      steps.tell(static_cast<std::uint64_t>(open_errno(sibling_pid)));
      steps.tell(static_cast<std::uint64_t>(open_errno(below.pid())));
      steps.pause();
    });
    const auto siblings = static_cast<int>(own.value()), childs = static_cast<int>(own.value());
    own.finish();
    return errno_text(siblings) + " " + errno_text(childs);
  };
  REQUIRE_EQ(put(scope, "0"), 0);
  EXPECT_EQ(open_both(), "0 0");
  REQUIRE_EQ(put(scope, "1"), 0);
  EXPECT_EQ(open_both(), "EACCES 0");
  REQUIRE_EQ(put(scope, before), 0);
}
