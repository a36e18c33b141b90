// SPDX-License-Identifier: GPL-2.0-or-later
// PATH is looked up from the writer's working directory, root and mount
// namespace at the time of the command, whatever they were at the open.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t user = 1234;

void in_a_child(const std::function<void()>& body) {
  Child child([&](Child::Steps& steps) {
    body();
    steps.pause();
  });
  child.finish();
}

/// What is mounted from now on is seen by this process alone.
void leave_the_mount_namespace() {
  REQUIRE_CALL(unshare(CLONE_NEWNS));
  REQUIRE_CALL(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
}

}  // namespace

TEST_CASE(the_writers_working_directory) {
  mkdir("there", 0700);
  in_a_child([] {
    Area area(1);
    fill(area, 1);
    Checkpointer self;
    REQUIRE_CALL(chdir("there"));
    EXPECT_EQ(errno_text(self.full(area.range(), "image")), "0");
    EXPECT_EQ(errno_text(self.full(area.range(), "../up")), "0");
  });
  EXPECT(exists("there/image"));
  EXPECT(exists("up"));
  EXPECT(!exists("image"));
}

TEST_CASE(a_working_directory_that_was_removed) {
  in_a_child([] {
    Area area(1);
    Checkpointer self;
    REQUIRE_CALL(mkdir("gone", 0700));
    REQUIRE_CALL(chdir("gone"));
    REQUIRE_CALL(rmdir("../gone"));
    EXPECT_EQ(errno_text(self.full(area.range(), "image")), "ENOENT");
  });
}

TEST_CASE(the_writers_root) {
  mkdir("jail", 0700);
  mkdir("jail/inner", 0700);
  in_a_child([] {
    Area area(1);
    fill(area, 1);
    Checkpointer self;
    REQUIRE_CALL(chroot("jail"));
    REQUIRE_CALL(chdir("/"));
    EXPECT_EQ(errno_text(self.full(area.range(), "/absolute")), "0");
    EXPECT_EQ(errno_text(self.full(area.range(), "../../../outside")), "0");
    EXPECT_EQ(errno_text(self.full(area.range(), "/inner/../inner/image")), "0");
    EXPECT_EQ(errno_text(self.full(area.range(), "/jail/image")), "ENOENT");
  });
  for (const char* path : {"jail/absolute", "jail/outside", "jail/inner/image"}) {
    EXPECT(exists(path), path);
    open_image(path);
  }
  EXPECT(!exists("outside"));
  EXPECT(!exists("/absolute"));
}

TEST_CASE(the_writers_mount_namespace) {
  mkdir("mounted", 0700);
  Area area(1);
  fill(area, 1);
  Child writer([&](Child::Steps& steps) {
    Checkpointer opened(getppid());
    leave_the_mount_namespace();
    REQUIRE_CALL(mount("tmpfs", "mounted", "tmpfs", 0, nullptr));
    EXPECT_EQ(errno_text(opened.full(area.range(), "mounted/image")), "0");
    EXPECT(exists("mounted/image"));
    steps.pause();
  });
  // Not in the target's namespace, which is this one.
  EXPECT(!exists("mounted/image"));
  expect_chain_equals_memory({"/proc/" + std::to_string(writer.pid()) + "/cwd/mounted/image"},
                             area.range());
  writer.finish();
}

TEST_CASE(a_read_only_mount) {
  mkdir("read-only", 0700);
  REQUIRE_CALL(mount("tmpfs", "read-only", "tmpfs", 0, nullptr));
  REQUIRE_CALL(mount(nullptr, "read-only", nullptr, MS_REMOUNT | MS_RDONLY, nullptr));
  Area area(1);
  Checkpointer self;
  EXPECT_EQ(errno_text(self.full(area.range(), "read-only/image")), "EROFS");
  REQUIRE_CALL(umount("read-only"));
}

TEST_CASE(another_namespace_by_the_root_of_a_process) {
  mkdir("mounted", 0700);
  const std::string here = std::filesystem::current_path();
  Child other([](Child::Steps& steps) {
    leave_the_mount_namespace();
    REQUIRE_CALL(mount("tmpfs", "mounted", "tmpfs", 0, "mode=777"));
    steps.pause();
  });
  const std::string inside = "/proc/" + std::to_string(other.pid()) + "/root" + here + "/mounted/";
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  EXPECT_EQ(errno_text(self.full(area.range(), inside + "roots")), "0");
  expect_chain_equals_memory({inside + "roots"}, area.range());
  EXPECT(!exists("mounted/roots"));
  // That way is closed to those who may not trace the process.
  in_a_child([&] {
    become_user(user);
    Area own(1);
    Checkpointer users;
    EXPECT_EQ(errno_text(users.full(own.range(), inside + "users")), "EACCES");
  });
  EXPECT(!exists(inside + "users"));
}

TEST_CASE(names_in_the_image_are_those_that_the_writer_sees) {
  mkdir("jail", 0700);
  mkdir("jail/data", 0700);
  int fd = open("jail/data/mapped", O_CREAT | O_RDWR, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, page_size));
  Area area(1, PROT_READ, MAP_PRIVATE, fd);
  close(fd);
  in_a_child([&] {
    Checkpointer opened(getppid());
    REQUIRE_CALL(chroot("jail"));
    REQUIRE_CALL(chdir("/"));
    EXPECT_EQ(errno_text(opened.full(area.range(), "/named")), "0");
  });
  EXPECT_EQ(open_image("jail/named").mappings().at(0).name, "/data/mapped");
}
