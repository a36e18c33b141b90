// SPDX-License-Identifier: GPL-2.0-or-later
// Malformed commands: each has its errno, nothing is created, and no baseline
// is lost.
#include <dirent.h>
#include <fcntl.h>
#include <linux/proc_checkpoint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <set>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;
using namespace std::string_literals;

namespace {

struct Row {
  const char* what;
  std::string command;
  int expected;
};

std::set<std::string> files_here() {
  std::set<std::string> names;
  DIR* directory = opendir(".");
  while (const dirent* entry = readdir(directory)) names.insert(entry->d_name);
  closedir(directory);
  return names;
}

std::string hex(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%" PRIx64, number);
  return text;
}

std::vector<Row> table(const Range& range) {
  const std::string start = hex(range.start), end = hex(range.end - 1);
  const std::string decimal = std::to_string(range.start);
  const std::string both = start + " " + end;

  return {
      // Words.
      {"only a newline", "\n", EINVAL},
      {"only a space", " ", EINVAL},
      {"two newlines", "\n\n", EINVAL},
      {"unknown word", "save " + both + " x\n", EINVAL},
      {"a word in capitals", "FULL " + both + " x\n", EINVAL},
      {"a word cut off", "ful " + both + " x\n", EINVAL},
      {"a word with a tail", "fully " + both + " x\n", EINVAL},
      {"incremental, written out", "incremental " + both + " x\n", EINVAL},
      {"no space behind the word", "full" + start + " " + end + " x\n", EINVAL},
      {"a tab behind the word", "full\t" + both + " x\n", EINVAL},
      {"a tab between the numbers", "full " + start + "\t" + end + " x\n", EINVAL},
      {"a newline behind the word", "full\n" + both + " x\n", EINVAL},
      {"forget with an argument", "forget " + both + "\n", EINVAL},
      {"forget with a tail", "forgetful\n", EINVAL},
      {"two commands", "forget\nforget\n", EINVAL},

      // What is missing.
      {"word alone", "full\n", EINVAL},
      {"inc alone", "inc", EINVAL},
      {"no END", "full " + start + "\n", EINVAL},
      {"no PATH", "full " + both + "\n", EINVAL},
      {"no PATH but a space", "full " + both + " \n", EINVAL},
      {"no PATH but spaces", "inc " + both + "    ", EINVAL},
      {"a path for END", "full " + start + " x\n", EINVAL},
      {"a range of maps", "full " + start + "-" + end + " x\n", EINVAL},

      // Numbers.
      {"letters for START", "full start " + end + " x\n", EINVAL},
      {"letters for END", "full " + start + " end x\n", EINVAL},
      {"hex without 0x", "full " + start.substr(2) + "g " + end + " x\n", EINVAL},
      {"0x alone", "full 0x " + end + " x\n", EINVAL},
      {"not a hex digit", "full 0x12g4 " + end + " x\n", EINVAL},
      {"a tail on a number", "full " + start + "k " + end + " x\n", EINVAL},
      {"negative START", "full -4096 " + end + " x\n", EINVAL},
      {"negative END", "full 0 -1 x\n", EINVAL},
      {"a plus sign", "full +" + decimal + " " + end + " x\n", EINVAL},
      {"a sign behind 0x", "full 0x-1000 " + end + " x\n", EINVAL},
      {"a fraction", "full " + decimal + ".0 " + end + " x\n", EINVAL},
      {"hex beyond 64 bits", "full " + start + " 0x10000000000000000 x\n", EINVAL},
      {"decimal beyond 64 bits", "full " + start + " 18446744073709551616 x\n", EINVAL},
      {"far beyond 64 bits", "full " + start + " 0xffffffffffffffffffffffffffffffff x\n", EINVAL},
      {"quotes", "full \"" + start + "\" " + end + " x\n", EINVAL},

      // Ranges.
      {"END before START", "full " + end + " " + start + " x\n", EINVAL},
      {"END just before START", "full " + start + " " + hex(range.start - 1) + " x\n", EINVAL},
      {"one byte", "full " + start + " " + start + " x\n", EINVAL},
      {"a page less its last byte",
       "full " + start + " " + hex(range.start + page_size - 2) + " x\n", EINVAL},
      {"a page less its first byte",
       "full " + hex(range.start + 1) + " " + hex(range.start + page_size - 1) + " x\n", EINVAL},
      {"two halves of pages",
       "inc " + hex(range.start + 1) + " " + hex(range.start + 2 * page_size - 2) + " x\n", EINVAL},
      {"behind user space", "full 0xffff800000000000 0xffffffffffffffff x\n", EINVAL},
      {"the last page of all", "full 0xfffffffffffff000 0xffffffffffffffff x\n", EINVAL},

      // Bytes that no command has.
      {"NUL in the word", "fu\0ll "s + both + " x\n", EINVAL},
      {"NUL for a space", "full\0"s + both + " x\n", EINVAL},
      {"NUL in the path", "full " + both + " x\0y\n"s, EINVAL},
      {"NUL behind the path", "full " + both + " x\0"s, EINVAL},
      {"NUL behind the newline", "full " + both + " x\n\0"s, EINVAL},
      {"NUL alone", "\0"s, EINVAL},

      // Length.
      {"too long by one",
       "full " + both + " " + std::string(PROC_CHECKPOINT_CMD_MAX + 1 - 6 - both.size(), 'x'),
       E2BIG},
      {"a megabyte", "full " + both + " " + std::string(1 << 20, 'x'), E2BIG},
      {"a long name", "full " + both + " " + std::string(256, 'x') + "\n", ENAMETOOLONG},
      {"a long path", "full " + both + " " + std::string(4096, '/') + "x", ENAMETOOLONG},

      // Paths.
      {"no such directory", "full " + both + " absent/x\n", ENOENT},
      {"a file for a directory", "full " + both + " file/x\n", ENOTDIR},
      // What open(2) with O_CREAT says to such names.
      {"a slash behind a file", "full " + both + " file/\n", EISDIR},
      {"a slash behind a new name", "full " + both + " new/\n", EISDIR},
      {"a file that exists", "full " + both + " file\n", EEXIST},
      {"a file that exists, inc", "inc " + both + " file\n", EEXIST},
      {"a directory", "full " + both + " directory\n", EISDIR},
      {"a directory with a slash", "full " + both + " directory/\n", EISDIR},
      {"the working directory", "full " + both + " .\n", EISDIR},
      {"the root directory", "full " + both + " /\n", EISDIR},
      {"a symbolic link", "full " + both + " link\n", ELOOP},
      {"a symbolic link to nothing", "full " + both + " dangling\n", ELOOP},
      {"a symbolic link to a fifo", "full " + both + " link_to_fifo\n", ELOOP},
      {"a fifo that nobody reads", "full " + both + " fifo\n", ENXIO},
  };
}

/// What the paths of the table name.
void make_files() {
  int fd = open("file", O_CREAT | O_WRONLY, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_EQ(write(fd, "kept", 4), 4);
  close(fd);
  REQUIRE_CALL(mkdir("directory", 0700));
  REQUIRE_CALL(symlink("file", "link"));
  REQUIRE_CALL(symlink("absent", "dangling"));
  REQUIRE_CALL(mkfifo("fifo", 0600));
  REQUIRE_CALL(symlink("fifo", "link_to_fifo"));
}

/// Either errno will do: which one is for the file system to say.
bool refused(int error) {
  return error == EACCES || error == EPERM || error == EINVAL || error == EEXIST ||
         error == EOPNOTSUPP || error == EIO;
}

}  // namespace

TEST_CASE(each_has_its_errno_and_creates_nothing) {
  make_files();
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  const std::set<std::string> before = files_here();

  std::vector<Row> rows = table(area.range());
  EXPECT(rows.size() >= 40);
  for (const Row& row : rows) {
    int error = self.command(row.command);
    EXPECT_EQ(errno_text(error), errno_text(row.expected), "for", row.what);
    EXPECT(files_here() == before, "files after", row.what);
  }
  EXPECT_EQ(slurp("file"), "kept");
  EXPECT_EQ(slurp("directory/x"), "");
}

TEST_CASE(a_write_of_no_bytes_does_nothing) {
  Checkpointer self;
  ssize_t written = write(self.fd(), "", 0);
  EXPECT(written == 0 || (written == -1 && errno == EINVAL));
}

TEST_CASE(a_command_in_memory_that_is_not_there_is_efault) {
  Area area(1);
  Checkpointer self;
  munmap(area.data(), page_size);
  EXPECT_EQ(write(self.fd(), area.data(), 10), -1);
  EXPECT_EQ(errno_text(errno), "EFAULT");
}

TEST_CASE(files_of_proc_and_sys_are_refused_and_not_written) {
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  // comm would take any bytes, so it shows whether some arrived.
  const std::string comm = slurp("/proc/self/comm");
  for (const char* path : {"/proc/self/comm", "/proc/self/oom_score_adj", "/proc/version",
                           "/proc/self/mem", "/proc/self/checkpoint", "/proc/sys/kernel/hostname",
                           "/proc/absent", "/sys/kernel/mm/ksm/run", "/sys/absent"}) {
    int error = self.full(area.range(), path);
    EXPECT(error != 0, path, "was written");
    EXPECT(refused(error) || error == ENOENT, path, errno_text(error));
  }
  EXPECT_EQ(slurp("/proc/self/comm"), comm);
}

TEST_CASE(block_devices_are_refused_and_not_written) {
  struct stat st {};
  if (stat("/dev/zram0", &st) != 0 || !S_ISBLK(st.st_mode)) SKIP("no /dev/zram0");
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  int error = self.full(area.range(), "/dev/zram0");
  EXPECT(refused(error) || error == ENOTBLK, errno_text(error));
}

TEST_CASE(sockets_are_refused) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
  Area area(4);
  Checkpointer self;
  int error = self.full(area.range(), "socket");
  EXPECT(error == ENXIO || refused(error), errno_text(error));
  close(fd);
}

TEST_CASE(a_refused_command_keeps_the_baseline) {
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "base"), 0);
  touch(area.page(1));
  for (const Row& row : table(area.range())) EXPECT(self.command(row.command) != 0, row.what);
  touch(area.page(2));
  REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
  EXPECT_EQ(picture("inc", area.range()), ".DD.");
  expect_chain_equals_memory({"base", "inc"}, area.range());
}
