// SPDX-License-Identifier: GPL-2.0-or-later
// The image is made with the credentials that opened /proc/<pid>/checkpoint,
// whoever writes the command, and within what directories allow anybody.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>

#include "support/checkpointer.h"
#include "support/file_size_limit.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t opener = 1234, other = 2345;

void in_a_child(const std::function<void()>& body) {
  Child child([&](Child::Steps& steps) {
    body();
    steps.pause();
  });
  child.finish();
}

void make_directory(const char* path, uid_t owner, mode_t mode) {
  mkdir(path, mode);
  REQUIRE_CALL(chown(path, owner, owner));
  REQUIRE_CALL(chmod(path, mode));
}

uid_t owner_of(const char* path) {
  struct stat st {};
  REQUIRE(stat(path, &st) == 0, path, std::strerror(errno));
  return st.st_uid;
}

/// Takes effective capabilities away, or all that are permitted back.
void use_capabilities(bool all) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  REQUIRE_CALL(syscall(SYS_capget, &header, data));
  for (__user_cap_data_struct& part : data) part.effective = all ? part.permitted : 0;
  REQUIRE_CALL(syscall(SYS_capset, &header, data));
}

void send_descriptor(int socket, int fd) {
  char byte = 'f';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = "";
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  REQUIRE_EQ(sendmsg(socket, &message, 0), 1);
}

int receive_descriptor(int socket) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = "";
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  REQUIRE_EQ(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  REQUIRE(head != nullptr, "no descriptor came");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

int set_flags(const char* path, long flags) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE_CALL(fd);
  int error = ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : errno;
  close(fd);
  return error;
}

}  // namespace

TEST_CASE(a_descriptor_that_was_sent_to_another_user) {
  REQUIRE_CALL(chmod(".", 0755));
  make_directory("openers", opener, 0700);
  make_directory("others", other, 0700);
  make_directory("everybodys", 0, 01777);
  int ends[2];
  REQUIRE_CALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  Child sender([&](Child::Steps& steps) {
    become_user(opener);
    Area area(4);
    fill(area, 1);
    steps.tell(area.range().start);
    Checkpointer self;
    send_descriptor(ends[0], self.fd());
    steps.pause();
  });
  const std::uint64_t start = sender.value();
  const Range range{start, start + 4 * page_size};
  in_a_child([&] {
    become_user(other);
    EXPECT_EQ(errno_text(open_errno(sender.pid())), "EACCES");
    int fd = receive_descriptor(ends[1]);
    auto full = [&](const char* path) {
      return errno_text(write_command(fd, command_text("full", range, path)));
    };
    EXPECT_EQ(full("others/mine"), "EACCES");
    EXPECT_EQ(full("openers/theirs"), "0");
    EXPECT_EQ(full("everybodys/image"), "0");
    // It is not the other user's to read or to remove.
    EXPECT_EQ(open("everybodys/image", O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(unlink("everybodys/image"), -1);
    // Where only the other may go, the opener may not.
    REQUIRE_CALL(chdir("others"));
    EXPECT_EQ(full("relative"), "EACCES");
    close(fd);
  });
  EXPECT_EQ(owner_of("openers/theirs"), opener);
  EXPECT_EQ(owner_of("everybodys/image"), opener);
  EXPECT(!exists("others/mine") && !exists("others/relative"));
  expect_chain_equals_memory({"openers/theirs"}, range, sender.pid());
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE(capabilities_that_were_dropped_before_the_open) {
  make_directory("foreign", opener, 0700);
  in_a_child([] {
    Area area(1);
    use_capabilities(false);
    Checkpointer without;
    use_capabilities(true);
    Checkpointer with;
    EXPECT_EQ(errno_text(without.full(area.range(), "foreign/no")), "EACCES");
    EXPECT_EQ(errno_text(with.full(area.range(), "foreign/yes")), "0");
    use_capabilities(false);
    EXPECT_EQ(errno_text(with.full(area.range(), "foreign/again")), "0");
    EXPECT_EQ(errno_text(without.full(area.range(), "foreign/no")), "EACCES");
  });
  EXPECT(!exists("foreign/no"));
  EXPECT(exists("foreign/yes") && exists("foreign/again"));
}

TEST_CASE(the_opener_may_be_gone) {
  REQUIRE_CALL(chmod(".", 0755));
  make_directory("openers", opener, 0700);
  int ends[2];
  REQUIRE_CALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  Child target([](Child::Steps& steps) {
    become_user(opener);
    Area area(1);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
  });
  const std::uint64_t start = target.value();
  in_a_child([&] {
    become_user(opener);
    Checkpointer opened(target.pid());
    send_descriptor(ends[0], opened.fd());
  });
  int fd = receive_descriptor(ends[1]);
  const Range range{start, start + page_size};
  EXPECT_EQ(errno_text(write_command(fd, command_text("full", range, "openers/late"))), "0");
  EXPECT_EQ(owner_of("openers/late"), opener);
  for (int end : {fd, ends[0], ends[1]}) close(end);
}

TEST_CASE(the_file_size_limit_is_the_writers) {
  signal(SIGXFSZ, SIG_IGN);
  in_a_child([] {
    Area area(16);
    fill(area, 1);
    std::optional<FileSizeLimit> limit(10000);
    Checkpointer opened_with_a_limit;
    EXPECT_EQ(errno_text(opened_with_a_limit.full(area.range(), "limited")), "EFBIG");
    limit.reset();
    EXPECT_EQ(errno_text(opened_with_a_limit.full(area.range(), "limited")), "0");
  });
  signal(SIGXFSZ, SIG_DFL);
}

TEST_CASE(an_immutable_directory) {
  make_directory("immutable", 0, 0700);
  if (int error = set_flags("immutable", FS_IMMUTABLE_FL); error != 0)
    SKIP("tmpfs has no immutable directories here: " + errno_text(error));
  Area area(1);
  Checkpointer self;
  EXPECT_EQ(errno_text(self.full(area.range(), "immutable/image")), "EPERM");
  EXPECT(!exists("immutable/image"));
  EXPECT_EQ(set_flags("immutable", 0), 0);
}

TEST_CASE(a_directory_from_which_nothing_can_be_removed) {
  mkdir("small", 0700);
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=64k"));
  make_directory("small/append", 0, 0700);
  if (int error = set_flags("small/append", FS_APPEND_FL); error != 0) {
    umount("small");
    SKIP("tmpfs has no append-only directories here: " + errno_text(error));
  }
  {
    Area area(64), little(1);
    fill(area, 1);
    Checkpointer self;
    EXPECT_EQ(errno_text(self.full(little.range(), "small/append/good")), "0");
    EXPECT_EQ(errno_text(self.full(area.range(), "small/append/half")), "ENOSPC");
    open_image("small/append/good");
    // What may not be removed stays, but nobody can take it for a checkpoint.
    if (exists("small/append/half")) {
      bool opens = true;
      try {
        open_image("small/append/half");
      } catch (const std::exception&) {
        opens = false;
      }
      EXPECT(!opens, "half an image passes for a whole one");
    }
  }
  EXPECT_EQ(set_flags("small/append", 0), 0);
  REQUIRE_CALL(umount("small"));
}

TEST_CASE(fifos_and_links_that_others_planted_in_a_sticky_directory) {
  make_directory("sticky", 0, 01777);
  REQUIRE_CALL(chmod(".", 0755));
  const std::string fifos = "/proc/sys/fs/protected_fifos";
  const std::string before = slurp(fifos);
  Area area(1);
  Checkpointer self;
  make_directory("target", other, 0777);
  in_a_child([] {
    become_user(other);
    umask(0);
    REQUIRE_CALL(mkfifo("sticky/fifo", 0666));
    REQUIRE_CALL(symlink("../target/image", "sticky/link"));
  });
  int reader = open("sticky/fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_CALL(reader);
  for (const char* protect : {"0", "1", "2"}) {
    REQUIRE_EQ(put(fifos, protect), 0);
    EXPECT_EQ(errno_text(self.full(area.range(), "sticky/fifo")), *protect == '0' ? "0" : "EACCES",
              protect);
    EXPECT_EQ(errno_text(self.full(area.range(), "sticky/link")), "ELOOP", protect);
    char bytes[65536];
    while (read(reader, bytes, sizeof bytes) > 0) {
    }
  }
  EXPECT(!exists("target/image"));
  put(fifos, before);
  close(reader);
}
