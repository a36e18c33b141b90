// SPDX-License-Identifier: GPL-2.0-or-later
// Somebody who may write to the directory of PATH changes what it names while
// commands run: no file that exists is written or removed, no link followed.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// Does something over and over in another thread.
class Attacker {
 public:
  explicit Attacker(std::function<void()> step)
      : thread_([this, step = std::move(step)] {
          while (!stop_) step();
        }) {}
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;
  ~Attacker() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A file of somebody else; nothing if there is one already.
void make_file(const char* path, const char* contents) {
  int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return;
  EXPECT_EQ(write(fd, contents, std::strlen(contents)),
            static_cast<ssize_t>(std::strlen(contents)));
  close(fd);
}

int rounds() {
  return scaled(1500, 150);
}

}  // namespace

TEST_CASE(a_symlink_that_comes_and_goes) {
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  make_file("precious", "kept");
  int created = 0, refused = 0;
  {
    Attacker attacker([] {
      for (const char* target : {"precious", "absent", "/dev/null"}) {
        if (symlink(target, "racy") == 0) unlink("racy");
      }
    });
    for (int i = 0; another_round(i, rounds(), created > 0 && refused > 0); i++) {
      int error = self.full(area.range(), "racy");
      EXPECT(error == 0 || error == ELOOP || error == ENOENT || error == EEXIST, errno_text(error));
      // What was created may be gone again, but was a file of that name.
      if (error == 0) {
        struct stat st {};
        if (lstat("racy", &st) == 0 && S_ISREG(st.st_mode)) unlink("racy");
      }
      created += error == 0;
      refused += error == ELOOP;
    }
  }
  EXPECT(created > 0, created);
  EXPECT(refused > 0, refused);
  EXPECT(!exists("absent"), "was written through the link");
  EXPECT_EQ(slurp("precious"), "kept");
  unlink("racy");
  unlink("precious");
}

TEST_CASE(a_file_that_comes_and_goes) {
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  std::atomic<int> damaged{0}, placed{0};
  {
    Attacker attacker([&] {
      make_file("theirs", "kept");
      int fd = open("theirs", O_RDONLY | O_CLOEXEC);
      if (rename("theirs", "racy") != 0) {
        close(fd);
        return;
      }
      placed++;
      for (int i = 0; i < 3; i++) {
        char text[8] = "";
        if (pread(fd, text, sizeof text, 0) != 4 || std::strcmp(text, "kept") != 0) damaged++;
      }
      close(fd);
      unlink("racy");
    });
    for (int i = 0; another_round(i, rounds(), placed > 0); i++) {
      int error = self.full(area.range(), "racy");
      EXPECT(error == 0 || error == EEXIST || error == ENOENT, errno_text(error));
    }
  }
  EXPECT_EQ(damaged.load(), 0);
  EXPECT(placed > 0, placed.load());
  unlink("racy");
  unlink("theirs");
}

TEST_CASE(a_fifo_that_becomes_other_things) {
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  make_file("precious", "kept");
  // An image of one page fits the pipe, so that no command waits.
  REQUIRE_CALL(mkfifo("pipe", 0600));
  int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_CALL(reader);
  REQUIRE_CALL(link("pipe", "racy"));
  std::string buffer(1 << 16, 0);
  int streamed = 0;
  {
    Attacker attacker([] {
      // Each atomically in place of the one before.
      for (const char* target : {"precious", "absent"}) {
        if (symlink(target, "next") == 0) (void)!rename("next", "racy");
        if (link("pipe", "next") == 0) (void)!rename("next", "racy");
      }
      if (link("precious", "next") == 0) (void)!rename("next", "racy");
      if (link("pipe", "next") == 0) (void)!rename("next", "racy");
      unlink("next");
    });
    for (int i = 0; another_round(i, rounds(), streamed > 0); i++) {
      int error = self.full(area.range(), "racy");
      EXPECT(error == 0 || error == ELOOP || error == ENOENT || error == EEXIST, errno_text(error));
      while (read(reader, buffer.data(), buffer.size()) > 0) {
      }
      streamed += error == 0;
    }
  }
  EXPECT(streamed > 0);
  EXPECT(!exists("absent"), "was written through the link");
  EXPECT_EQ(slurp("precious"), "kept");
  close(reader);
  for (const char* path : {"racy", "next", "pipe", "precious"}) unlink(path);
}

TEST_CASE(a_link_of_proc_that_becomes_a_link_elsewhere) {
  // In one directory the number is a link of procfs, and may be followed; in the
  // other it is a symbolic link, and may not.
  Area area(1);
  fill(area, 1);
  Checkpointer self;
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  REQUIRE_CALL(null);
  const std::string number = std::to_string(null);
  REQUIRE_CALL(mkfifo("victim", 0600));
  int reader = open("victim", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_CALL(reader);
  REQUIRE_CALL(mkdir("planted", 0700));
  REQUIRE_CALL(symlink("../victim", ("planted/" + number).c_str()));
  REQUIRE_CALL(symlink("/proc/self/fd", "racy"));
  REQUIRE_CALL(symlink("planted", "other"));
  int followed = 0, refused = 0, written = 0;
  {
    Attacker attacker(
        [] { syscall(SYS_renameat2, AT_FDCWD, "racy", AT_FDCWD, "other", RENAME_EXCHANGE); });
    for (int i = 0; another_round(i, 4 * rounds(), followed > 0 && refused > 0); i++) {
      int error = self.full(area.range(), "racy/" + number);
      EXPECT(error == 0 || error == ELOOP, errno_text(error));
      followed += error == 0;
      refused += error == ELOOP;
      char bytes[65536];
      while (read(reader, bytes, sizeof bytes) > 0) written++;
    }
  }
  EXPECT(followed > 0 && refused > 0, followed, refused);
  EXPECT_EQ(written, 0, "of", followed, "went to where the symbolic link leads");
  close(reader);
  close(null);
  unlink(("planted/" + number).c_str());
  rmdir("planted");
  for (const char* path : {"racy", "other", "victim"}) unlink(path);
}

TEST_CASE(the_file_of_a_failed_command_that_was_moved_and_replaced) {
  mkdir("small", 0700);
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=512k"));
  REQUIRE_CALL(mkdir("small/aside", 0700));
  Area area(256);
  fill(area, 1);
  Checkpointer self;
  int moved = 0;
  for (int i = 0; another_round(i, scaled(300, 30), moved > 0); i++) {
    std::atomic<bool> replaced{false};
    {
      Attacker attacker([&] {
        if (replaced || rename("small/image", "small/aside/moved") != 0) return;
        make_file("small/image", "");
        replaced = true;
      });
      EXPECT_EQ(errno_text(self.full(area.range(), "small/image")), "ENOSPC");
    }
    EXPECT(!exists("small/aside/moved"), "half an image is left");
    EXPECT_EQ(exists("small/image"), replaced.load());
    EXPECT_EQ(slurp("small/image"), "", "not theirs");
    unlink("small/image");
    moved += replaced;
  }
  EXPECT(moved > 0, "never in time");
  REQUIRE_CALL(umount("small"));
}

TEST_CASE(the_file_of_a_failed_command_that_was_removed_and_replaced) {
  mkdir("small", 0700);
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=512k"));
  Area area(256);
  fill(area, 1);
  Checkpointer self;
  int replaced_in_time = 0;
  for (int i = 0; another_round(i, scaled(300, 30), replaced_in_time > 0); i++) {
    std::atomic<bool> replaced{false};
    int error = 0;
    {
      Attacker attacker([&] {
        if (replaced || unlink("small/image") != 0) return;
        make_file("small/image", "");
        replaced = true;
      });
      error = self.full(area.range(), "small/image");
    }
    EXPECT_EQ(errno_text(error), "ENOSPC");
    EXPECT_EQ(exists("small/image"), replaced.load());
    EXPECT_EQ(slurp("small/image"), "", "not theirs");
    unlink("small/image");
    replaced_in_time += replaced;
  }
  EXPECT(replaced_in_time > 0, "never in time");
  REQUIRE_CALL(umount("small"));
}
