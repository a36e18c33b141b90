// SPDX-License-Identifier: GPL-2.0-or-later
// Images as streams: FIFOs, pipes by /proc/self/fd and /dev/fd, /dev/null.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// Runs one command with PATH a pipe of this process, named by @directory.
void through_a_pipe(const std::string& directory, const std::string& word, const Range& range,
                    const std::string& saved_as) {
  int ends[2];
  REQUIRE_CALL(pipe(ends));
  std::thread reader([&] {
    std::ofstream file(saved_as, std::ios::binary);
    char buffer[65536];
    ssize_t got;
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0) file.write(buffer, got);
  });
  Checkpointer self;
  int error = self.command(command_text(word, range, directory + std::to_string(ends[1])));
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_EQ(errno_text(error), "0", directory);
}

}  // namespace

TEST_CASE(full_and_inc_through_a_fifo) {
  Area area(300);
  fill(area, 1);
  for (const char* word : {"full", "inc"}) {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text(word, area.range(), fifo.path()));
    fifo.wait_for_data(command);
    fifo.drain();
    EXPECT_EQ(errno_text(command.result()), "0");
    fifo.save(word);
    if (word == std::string("full"))
      for (std::size_t i = 0; i < area.pages(); i += 9) touch(area.page(i));
  }
  expect_chain_equals_memory({"full", "inc"}, area.range());
}

TEST_CASE(a_fifo_read_byte_by_byte_at_first) {
  Area area(64);
  fill(area, 2);
  Fifo fifo("fifo");
  CommandProcess command(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  for (int i = 0; i < 5000; i++) fifo.read_some(1);
  for (int i = 0; i < 50; i++) fifo.read_some(1237);
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  fifo.save("slowly");
  expect_chain_equals_memory({"slowly"}, area.range());
}

TEST_CASE(a_pipe_by_proc_self_fd) {
  Area area(300);
  fill(area, 3);
  through_a_pipe("/proc/self/fd/", "full", area.range(), "by_proc");
  touch(area.page(123));
  through_a_pipe("/proc/self/fd/", "inc", area.range(), "by_proc.inc");
  expect_chain_equals_memory({"by_proc", "by_proc.inc"}, area.range());
}

TEST_CASE(a_pipe_by_dev_fd) {
  if (!exists("/dev/fd")) SKIP("no /dev/fd");
  Area area(300);
  fill(area, 4);
  through_a_pipe("/dev/fd/", "full", area.range(), "by_dev");
  expect_chain_equals_memory({"by_dev"}, area.range());
}

TEST_CASE(dev_null_takes_the_image_and_makes_a_baseline) {
  Area area(64);
  fill(area, 5);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "/dev/null"), 0);
  EXPECT(self.status().number("last.bytes") > area.bytes());
  touch(area.page(1));
  REQUIRE_EQ(self.inc(area.range(), "null.inc"), 0);
  EXPECT_EQ(count(picture("null.inc", area.range()), 'D'), 1u);
  struct stat st {};
  REQUIRE_CALL(stat("/dev/null", &st));
  EXPECT(S_ISCHR(st.st_mode));
}

TEST_CASE(a_file_by_proc_self_fd_is_a_file_that_exists) {
  Area area(4);
  Checkpointer self;
  int fd = open("mine", O_CREAT | O_RDWR, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_EQ(write(fd, "kept", 4), 4);
  int error = self.full(area.range(), "/proc/self/fd/" + std::to_string(fd));
  EXPECT_EQ(errno_text(error), "EEXIST");
  EXPECT_EQ(slurp("mine"), "kept");
  close(fd);
}

TEST_CASE(the_reading_end_of_a_pipe_is_refused_or_written_never_a_hang) {
  Area area(1);
  Checkpointer self;
  int ends[2];
  REQUIRE_CALL(pipe(ends));
  // Opening it by name gives the pipe, not the end: one small image fits.
  int error = self.full(area.range(), "/proc/self/fd/" + std::to_string(ends[0]));
  EXPECT(error == 0 || error == EACCES || error == ELOOP || error == ENXIO, errno_text(error));
  close(ends[0]);
  close(ends[1]);
}
