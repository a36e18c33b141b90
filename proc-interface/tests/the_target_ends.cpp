// SPDX-License-Identifier: GPL-2.0-or-later
// The process exits, is killed or execs while a command is at work on it, in
// each of its stages: the image is whole, or there is none and the errno says so.
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_HELPER(sleep_until_killed) {
  for (;;) pause();
}

namespace {

void exec_something_else() {
  std::vector<std::string> command = helper_command("sleep_until_killed", {});
  execl(command[0].c_str(), command[0].c_str(), command[1].c_str(), command[2].c_str(), nullptr);
}

/// A child with this process's memory that does @end once it is let go.
Child make_target(const std::function<void()>& end) {
  return Child([&end](Child::Steps& steps) {
    steps.pause();
    end();
  });
}

void do_nothing() {}

/// Whatever the moment: success means a whole image of the range as it was.
void expect_whole_or_none(const std::string& path, int result, const Range& range,
                          const std::vector<std::byte>& before) {
  if (result == 0)
    expect_image_holds(path, range, before);
  else
    EXPECT_EQ(errno_text(result), "ESRCH", path);
  EXPECT_EQ(exists(path), result == 0, path);
  unlink(path.c_str());
}

void end_while_written(const std::function<void()>& end, bool kill) {
  Area area(512);
  fill(area, 1);
  const std::vector<std::byte> before = copy_of(area.range());
  Child target = make_target(end);
  Checkpointer opened(target.pid());
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  if (kill)
    target.kill();
  else
    target.leave();
  EXPECT_EQ(errno_text(opened.forget()), "ESRCH");
  EXPECT(command.running());
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  fifo.save("image");
  expect_image_holds("image", area.range(), before);
  EXPECT_EQ(errno_text(opened.inc(area.range(), "late")), "ESRCH");
  EXPECT(!exists("late"));
}

/// An open file is its process's, also while an image is being written: locks of it
/// go when the process does.
void expect_lock_goes(const std::string& path) {
  OpenFile file(path, O_CREAT | O_RDWR);
  REQUIRE_CALL(ftruncate(file.fd(), page_size));
  Area area(512);
  fill(area, 1);
  Child target([&](Child::Steps& steps) {
    OpenFile own(path, O_RDWR);
    REQUIRE_CALL(flock(own.fd(), LOCK_EX));
    REQUIRE(mmap(area.page(0), page_size, PROT_READ, MAP_SHARED | MAP_FIXED, own.fd(), 0) !=
            MAP_FAILED);
    steps.pause();
  });
  Fifo fifo("fifo");
  CommandProcess command(target.pid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);
  EXPECT(flock(file.fd(), LOCK_EX | LOCK_NB) != 0, "it was not locked");
  target.kill();
  EXPECT_EQ(flock(file.fd(), LOCK_EX | LOCK_NB), 0);
  EXPECT(command.running());
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
}

void end_while_waiting(const std::function<void()>& end, bool kill) {
  Area area(512);
  fill(area, 2);
  Child target = make_target(end);
  Fifo fifo("fifo");
  CommandProcess first(target.pid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(first);
  Checkpointer opened(target.pid());
  // In a thread, so that the descriptor is known to be open before the end.
  int result = -1;
  std::atomic<bool> returned{false};
  std::thread waiting([&] {
    result = opened.inc(area.range(), "waiting");
    returned = true;
  });
  usleep(200000);
  EXPECT(!returned, "it did not wait");
  if (kill)
    target.kill();
  else
    target.leave();
  fifo.drain();
  waiting.join();
  EXPECT_EQ(errno_text(first.result()), "0");
  EXPECT_EQ(errno_text(result), "ESRCH");
  EXPECT(!exists("waiting"));
}

/// The end comes at any moment of a command.
void end_at_any_moment(const std::function<void()>& end, bool kill) {
  Area area(1024);
  fill(area, 3);
  const std::vector<std::byte> before = copy_of(area.range());
  const int rounds = scaled(20, 8);
  int tried = 0, ended = 0;
  for (; another_round(tried, rounds, ended < tried); tried++) {
    Child target = make_target(end);
    Checkpointer opened(target.pid());
    int result = -1;
    std::thread command([&] { result = opened.full(area.range(), "moment"); });
    // Some are over before the command begins, some last longer than it.
    usleep(static_cast<useconds_t>(tried * 1000));
    if (kill)
      target.kill();
    else
      target.leave();
    command.join();
    expect_whole_or_none("moment", result, area.range(), before);
    ended += result != 0;
  }
  EXPECT(ended < tried, "none was checkpointed");
}

}  // namespace

TEST_CASE(exits_while_the_image_is_written) {
  end_while_written(do_nothing, false);
}

TEST_CASE(killed_while_the_image_is_written) {
  end_while_written(do_nothing, true);
}

TEST_CASE(execs_while_the_image_is_written) {
  end_while_written(exec_something_else, false);
}

TEST_CASE(exits_while_a_command_waits) {
  end_while_waiting(do_nothing, false);
}

TEST_CASE(killed_while_a_command_waits) {
  end_while_waiting(do_nothing, true);
}

TEST_CASE(execs_while_a_command_waits) {
  end_while_waiting(exec_something_else, false);
}

TEST_CASE(exits_at_any_moment) {
  end_at_any_moment(do_nothing, false);
}

TEST_CASE(killed_at_any_moment) {
  end_at_any_moment(do_nothing, true);
}

TEST_CASE(execs_at_any_moment) {
  end_at_any_moment(exec_something_else, false);
}

TEST_CASE(its_locks_go_with_it_while_the_image_is_written) {
  expect_lock_goes("locked");
}
