// SPDX-License-Identifier: GPL-2.0-or-later
// PATH through /proc: open files of this process and of others, of all kinds.
// What may be written as a stream is written with the rights of the opener;
// anything else is an errno, and keeps its contents.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t user = 1234;

std::string by_number(int fd, pid_t pid = 0) {
  return "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/fd/" +
         std::to_string(fd);
}

/// Every command here is of one small range.
class Subject {
 public:
  Subject() { fill(area_, 1); }
  [[nodiscard]] std::string full(const std::string& path) const {
    return errno_text(self_.full(area_.range(), path));
  }
  [[nodiscard]] Range range() const { return area_.range(); }

 private:
  Area area_{2};
  Checkpointer self_;
};

int new_file(const char* path, int flags) {
  int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_EQ(write(fd, "kept", 4), 4);
  if (flags == O_RDWR) return fd;
  close(fd);
  fd = open(path, flags | O_CLOEXEC);
  REQUIRE_CALL(fd);
  return fd;
}

std::string contents_of(int fd) {
  char bytes[64];
  ssize_t got = pread(fd, bytes, sizeof bytes, 0);
  return got < 0 ? std::strerror(errno) : std::string(bytes, static_cast<std::size_t>(got));
}

}  // namespace

TEST_CASE(regular_files_that_are_open) {
  Subject subject;
  for (int flags : {O_RDONLY, O_RDWR, O_PATH}) {
    int fd = new_file("file", flags);
    EXPECT_EQ(subject.full(by_number(fd)), "EEXIST", flags);
    EXPECT_EQ(slurp("file"), "kept");
    close(fd);
    unlink("file");
  }
}

TEST_CASE(regular_files_without_a_name) {
  Subject subject;
  int deleted = new_file("deleted", O_RDWR);
  unlink("deleted");
  int unnamed = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(unnamed);
  REQUIRE_EQ(write(unnamed, "kept", 4), 4);
  int memory = memfd_create("memory", MFD_CLOEXEC);
  REQUIRE_CALL(memory);
  REQUIRE_EQ(write(memory, "kept", 4), 4);
  for (int fd : {deleted, unnamed, memory}) {
    EXPECT_EQ(subject.full(by_number(fd)), "EEXIST");
    EXPECT_EQ(contents_of(fd), "kept");
    close(fd);
  }
  EXPECT(!exists("deleted"));
  EXPECT(!exists("deleted (deleted)"));
}

TEST_CASE(links_that_are_not_streams) {
  Subject subject;
  const std::string comm = slurp("/proc/self/comm");
  EXPECT_EQ(subject.full("/proc/self/exe"), "EEXIST");
  EXPECT_EQ(subject.full("/proc/self/cwd"), "EISDIR");
  EXPECT_EQ(subject.full("/proc/self/root"), "EISDIR");
  EXPECT_EQ(subject.full("/proc/self"), "EISDIR");
  EXPECT_EQ(subject.full("/proc/mounts"), "EEXIST");
  EXPECT_EQ(subject.full("/proc/self/ns/mnt"), "EEXIST");
  int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_EQ(subject.full(by_number(directory)), "EISDIR");
  int event = eventfd(0, EFD_CLOEXEC), poll = epoll_create1(EPOLL_CLOEXEC);
  int sockets[2];
  REQUIRE_CALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
  EXPECT_EQ(subject.full(by_number(event)), "EEXIST");
  EXPECT_EQ(subject.full(by_number(poll)), "EEXIST");
  EXPECT_EQ(subject.full(by_number(sockets[0])), "ENXIO");
  EXPECT_EQ(subject.full(by_number(12345)), "ENOENT");
  // The procfs file that the command is written to, and what lies beside it.
  for (int fd : {directory, event, poll, sockets[0], sockets[1]}) close(fd);
  EXPECT_EQ(slurp("/proc/self/comm"), comm);
  int proc = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);
  REQUIRE_CALL(proc);
  EXPECT_EQ(subject.full(by_number(proc)), "EEXIST");
  EXPECT_EQ(slurp("/proc/self/comm"), comm);
  close(proc);
}

TEST_CASE(a_directory_behind_an_open_file) {
  // A name inside of one is a name like any other.
  Subject subject;
  REQUIRE_CALL(mkdir("inside", 0700));
  int directory = open("inside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_EQ(subject.full(by_number(directory) + "/image"), "0");
  expect_chain_equals_memory({"inside/image"}, subject.range());
  REQUIRE_CALL(unlink("inside/image"));
  REQUIRE_CALL(rmdir("inside"));
  EXPECT_EQ(subject.full(by_number(directory) + "/image"), "ENOENT");
  close(directory);
}

TEST_CASE(pipes_of_other_processes) {
  int ends[2];
  REQUIRE_CALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  REQUIRE_CALL(fcntl(ends[1], F_SETPIPE_SZ, 1 << 16));
  // Root may, as it may open it by that name to write to it.
  {
    Subject subject;
    EXPECT_EQ(subject.full(by_number(ends[1], getpid())), "0");
    std::string image(1 << 16, 0);
    ssize_t got = read(ends[0], image.data(), image.size());
    EXPECT(got > 0 && image.starts_with("\177ELF"));
  }
  const pid_t owner = getpid();
  Child stranger([&](Child::Steps& steps) {
    become_user(user);
    Subject subject;
    EXPECT_EQ(subject.full(by_number(ends[1], owner)), "EACCES");
    // Inherited: it could write to the descriptor, but it may not open the pipe.
    EXPECT_EQ(subject.full(by_number(ends[1])), "EACCES");
    steps.pause();
  });
  stranger.finish();
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), -1);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE(a_fifo_that_the_opener_may_only_read) {
  REQUIRE_CALL(chmod(".", 0755));
  REQUIRE_CALL(mkfifo("readable", 0644));
  REQUIRE_CALL(chmod("readable", 0644));
  int reader = open("readable", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_CALL(reader);
  Child other([&](Child::Steps& steps) {
    become_user(user);
    Subject subject;
    int own = open("readable", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE_CALL(own);
    EXPECT_EQ(subject.full("readable"), "EACCES");
    EXPECT_EQ(subject.full(by_number(own)), "EACCES");
    EXPECT_EQ(subject.full(by_number(reader)), "EACCES");
    int path = open("readable", O_PATH | O_CLOEXEC);
    EXPECT_EQ(subject.full(by_number(path)), "EACCES");
    steps.pause();
  });
  other.finish();
  char byte = 0;
  EXPECT_EQ(read(reader, &byte, 1), 0, "something was written");
  close(reader);
  unlink("readable");
}

TEST_CASE(devices_where_devices_do_not_count) {
  mkdir("nodev", 0755);
  REQUIRE_CALL(mount("tmpfs", "nodev", "tmpfs", MS_NODEV, nullptr));
  REQUIRE_CALL(mknod("nodev/null", S_IFCHR | 0666, makedev(1, 3)));
  {
    Subject subject;
    EXPECT_EQ(subject.full("nodev/null"), "EACCES");
    int path = open("nodev/null", O_PATH | O_CLOEXEC);
    REQUIRE_CALL(path);
    EXPECT_EQ(subject.full(by_number(path)), "EACCES");
    close(path);
  }
  REQUIRE_CALL(umount("nodev"));
}

TEST_CASE(a_device_that_is_open_for_reading) {
  // Opened anew by its inode: the descriptor's own mode does not count, its file's does.
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE_CALL(null);
  Subject subject;
  EXPECT_EQ(subject.full(by_number(null)), "0");
  REQUIRE_CALL(mknod("private", S_IFCHR | 0600, makedev(1, 3)));
  REQUIRE_CALL(chmod(".", 0755));
  int inherited = open("private", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(inherited);
  Child other([&](Child::Steps& steps) {
    become_user(user);
    Subject theirs;
    EXPECT_EQ(theirs.full(by_number(inherited)), "EACCES");
    EXPECT_EQ(theirs.full(by_number(null)), "0");
    steps.pause();
  });
  other.finish();
  close(null);
  close(inherited);
}

TEST_CASE(files_of_sysfs) {
  Subject subject;
  for (const char* path :
       {"/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/uevent_helper",
        "/sys/power/state", "/proc/sysrq-trigger", "/proc/sys/kernel/printk"}) {
    if (!exists(path)) continue;
    EXPECT_EQ(subject.full(path), "EEXIST", path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) continue;
    EXPECT_EQ(subject.full(by_number(fd)), "EEXIST", path);
    close(fd);
  }
  EXPECT_EQ(subject.full("/sys/kernel/new"), "EACCES");
}
