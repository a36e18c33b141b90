// SPDX-License-Identifier: GPL-2.0-or-later
// An image that can't be written, at every place where that may turn out: full
// file systems and limits of every size, readers that go away and writers that
// are killed behind every piece.  Each is a clear errno, nothing is left, and
// the next inc is complete.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <vector>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/file_size_limit.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"
#include "support/tracked.h"

using namespace test;

namespace {

/// Of a pipe that was made as small as it gets.
constexpr std::size_t pipe_bytes = 4096;

/// Changes all and says how large the inc of it is.
std::size_t size_of_inc(Tracked& tracked) {
  fill(tracked.area, 7);
  REQUIRE_EQ(errno_text(tracked.self.inc(tracked.range(), "sized")), "0");
  tracked.take("sized");
  fill(tracked.area, 8);
  return tracked.self.status().number("last.bytes");
}

int limited_inc(const Tracked& tracked, std::size_t limit) {
  FileSizeLimit limited(limit);
  return tracked.self.inc(tracked.range(), "limited");
}

void expect_limited(Tracked& tracked, std::size_t limit, std::size_t size) {
  touch(tracked.area);
  int error = limited_inc(tracked, limit);
  EXPECT_EQ(errno_text(error), limit < size ? "EFBIG" : "0", "with", limit, "of", size);
  EXPECT_EQ(exists("limited"), error == 0, "with", limit, "of", size);
  if (error == 0) tracked.take("limited");
}

/// Ends a stream behind each piece of it in turn.
void expect_complete_behind_every_piece(
    const std::function<void(Fifo&, CommandProcess&, std::size_t taken)>& end) {
  Tracked tracked(6);
  const std::size_t size = size_of_inc(tracked);
  const auto step = static_cast<std::size_t>(4096 / scaled(2));
  // What is in the pipe is written: the writer need not learn that it was not read.
  for (std::size_t taken = 0; taken + pipe_bytes < size; taken += step) {
    touch(tracked.area);
    {
      Fifo fifo("fifo");
      fifo.shrink();
      CommandProcess command(getpid(), command_text("inc", tracked.range(), fifo.path()));
      fifo.wait_for_data(command);
      fifo.take(taken, command);
      end(fifo, command, taken);
    }
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  tracked.expect_no_page_held();
}

}  // namespace

TEST_CASE(file_systems_of_every_size) {
  Tracked tracked(24);
  const std::size_t size = size_of_inc(tracked);
  const std::size_t enough = (size + page_size - 1) / page_size;
  mkdir("small", 0700);
  for (std::size_t pages = 1; pages <= enough + 1; pages++) {
    const std::string options = "size=" + std::to_string(pages * page_size);
    REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, options.c_str()));
    touch(tracked.area);
    int error = tracked.self.inc(tracked.range(), "small/inc");
    EXPECT_EQ(errno_text(error), pages < enough ? "ENOSPC" : "0", pages, "pages of", enough);
    EXPECT_EQ(exists("small/inc"), error == 0);
    if (error != 0) {
      struct statvfs st {};
      REQUIRE_CALL(statvfs("small", &st));
      EXPECT_EQ(st.f_bfree, st.f_blocks, "with", pages, "pages");
    } else {
      // It is of a chain whose files are all elsewhere.
      REQUIRE_EQ(tracked.self.forget(), 0);
    }
    tracked.change();
    tracked.expect_next_inc_complete();
    REQUIRE_CALL(umount("small"));
  }
  tracked.expect_no_page_held();
}

TEST_CASE(a_file_system_without_room_for_a_name) {
  Tracked tracked(4);
  mkdir("nameless", 0700);
  REQUIRE_CALL(mount("tmpfs", "nameless", "tmpfs", 0, "nr_inodes=1"));
  tracked.change();
  EXPECT_EQ(errno_text(tracked.self.inc(tracked.range(), "nameless/inc")), "ENOSPC");
  tracked.change();
  tracked.expect_next_inc_complete();
  REQUIRE_CALL(umount("nameless"));
}

TEST_CASE(file_size_limits_in_every_piece) {
  signal(SIGXFSZ, SIG_IGN);
  Tracked tracked(6);
  const std::size_t size = size_of_inc(tracked);
  const auto step = static_cast<std::size_t>(4096 / scaled(4));
  std::vector<std::size_t> limits{1, 63, 65, 4095, 4097, size - 1, size, size + 1};
  for (std::size_t limit = 0; limit < size; limit += step) limits.push_back(limit);
  for (std::size_t limit : limits) {
    expect_limited(tracked, limit, size);
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  signal(SIGXFSZ, SIG_DFL);
}

TEST_CASE(file_size_limits_around_every_batch) {
  signal(SIGXFSZ, SIG_IGN);
  Tracked tracked(800);
  const std::size_t size = size_of_inc(tracked);
  std::vector<std::size_t> limits;
  for (std::size_t mebibyte = 1 << 20; mebibyte < size; mebibyte += 1 << 20)
    for (std::ptrdiff_t distance : {-4097, 1, 4096, -1, 0, 8192})
      limits.push_back(mebibyte + static_cast<std::size_t>(distance));
  for (std::size_t i = 0; i < limits.size(); i += thinned(2)) {
    expect_limited(tracked, limits[i], size);
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  signal(SIGXFSZ, SIG_DFL);
}

TEST_CASE(writers_that_the_limit_kills) {
  Tracked tracked(8);
  const std::size_t size = size_of_inc(tracked);
  for (std::size_t limit : {std::size_t{0}, std::size_t{100}, size / 2, size - 1}) {
    touch(tracked.area);
    {
      FileSizeLimit limited(limit);
      CommandProcess command(getpid(), command_text("inc", tracked.range(), "limited"));
      EXPECT_EQ(command.result(), -SIGXFSZ);
    }
    EXPECT(!exists("limited"), "with", limit);
    tracked.change();
    tracked.expect_next_inc_complete();
  }
}

TEST_CASE(readers_that_go_away_behind_every_piece) {
  expect_complete_behind_every_piece([](Fifo& fifo, CommandProcess& command, std::size_t taken) {
    fifo.close_reader();
    EXPECT_EQ(errno_text(command.result()), "EPIPE", "behind", taken);
  });
}

TEST_CASE(writers_killed_behind_every_piece) {
  expect_complete_behind_every_piece([](Fifo&, CommandProcess& command, std::size_t taken) {
    command.kill();
    EXPECT_EQ(command.result(), -SIGKILL, "behind", taken);
  });
}
