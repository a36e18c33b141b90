// SPDX-License-Identifier: GPL-2.0-or-later
// One command at a time for a process: the next one waits, and can be killed
// meanwhile; the status can be read all the time.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_CASE(status_while_a_command_runs) {
  Area area(256);
  fill(area, 1);
  Checkpointer self;
  Fifo fifo("fifo");
  CommandProcess command(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(command);

  Status first = self.status();
  EXPECT_EQ(first.text("state"), "writing");
  EXPECT(first.number("bytes_total") >= area.bytes());
  EXPECT(first.number("bytes_done") < first.number("bytes_total"));
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");

  Status last = self.status();
  EXPECT_EQ(last.text("state"), "idle");
  EXPECT_EQ(last.number("bytes_done"), fifo.bytes().size());
  EXPECT_EQ(last.number("bytes_total"), fifo.bytes().size());
  EXPECT_EQ(first.number("bytes_total"), fifo.bytes().size());
}

// As threads do, or processes that got it by fork() or over a socket.
TEST_CASE(who_shares_a_descriptor_reads_and_is_killed_as_with_ones_own) {
  Area area(256);
  fill(area, 5);
  Checkpointer shared;
  Fifo fifo("fifo");
  std::thread first([&] { EXPECT_EQ(errno_text(shared.full(area.range(), fifo.path())), "0"); });
  for (int i = 0; i < 1000 && shared.status().text("state") != "writing"; i++) usleep(10000);
  EXPECT_EQ(shared.status().text("state"), "writing");

  Child second([&](Child::Steps& steps) {
    steps.pause();
    (void)shared.full(area.range(), "second");
  });
  second.go();
  usleep(200000);  // it waits by now
  second.kill();   // returns although the first one is still there
  EXPECT_EQ(shared.status().text("state"), "writing");
  fifo.drain();
  first.join();
  EXPECT(!exists("second"));
}

TEST_CASE(a_second_command_waits_for_the_first) {
  Area area(256);
  fill(area, 2);
  Fifo fifo("fifo");
  CommandProcess first(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(first);
  touch(area.page(7));
  CommandProcess second(getpid(), command_text("inc", area.range(), "second"));
  usleep(200000);  // it has had its chance to overtake
  EXPECT(first.running());
  EXPECT(second.running());
  fifo.drain();
  EXPECT_EQ(errno_text(first.result()), "0");
  EXPECT_EQ(errno_text(second.result()), "0");

  // So the second one saw the first one's baseline.
  fifo.save("first");
  EXPECT_EQ(count(picture("second", area.range()), 'D'), 1u);
  expect_chain_equals_memory({"first", "second"}, area.range());
}

TEST_CASE(a_waiting_command_can_be_killed) {
  Area area(256);
  fill(area, 3);
  Fifo fifo("fifo");
  CommandProcess first(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(first);
  CommandProcess waiting(getpid(), command_text("full", area.range(), "waiting"));
  usleep(100000);
  waiting.kill();
  EXPECT_EQ(waiting.result(), -9);  // returns although the first one is still there
  EXPECT(first.running());
  fifo.drain();
  EXPECT_EQ(errno_text(first.result()), "0");
  fifo.save("first");
  expect_chain_equals_memory({"first"}, area.range());
  EXPECT(!exists("waiting"));
}

TEST_CASE(many_writers_at_once_make_one_exact_chain) {
  Area area(64);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "m.base"), 0);
  const int writers = 4, each = scaled(20, 3);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; writer++)
    threads.emplace_back([&, writer] {
      Checkpointer own;
      for (int i = 0; i < each; i++) {
        touch(area.page(static_cast<std::size_t>(writer * 16 + i % 16)));
        std::string path = "m." + std::to_string(writer) + "." + std::to_string(i);
        EXPECT_EQ(errno_text(own.inc(area.range(), path)), "0", path);
      }
    });
  for (std::thread& thread : threads) thread.join();

  // Sequence numbers say in which order they ran; each occurs once.
  std::vector<std::string> chain(static_cast<std::size_t>(writers * each + 1));
  chain[0] = "m.base";
  for (int writer = 0; writer < writers; writer++)
    for (int i = 0; i < each; i++) {
      std::string path = "m." + std::to_string(writer) + "." + std::to_string(i);
      std::uint64_t seq = open_image(path).info().seq;
      REQUIRE(seq > 0 && seq < chain.size() && chain[seq].empty(), path, "seq", seq);
      chain[seq] = path;
    }
  expect_chain_equals_memory(chain, area.range());
}

TEST_CASE(two_processes_do_not_wait_for_each_other) {
  Area area(256);
  fill(area, 5);
  Child other([](Child::Steps& steps) { steps.pause(); });
  Fifo fifo("fifo");
  CommandProcess slow(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(slow);
  // The other process has the same pages, by fork.
  EXPECT_EQ(errno_text(Checkpointer(other.pid()).full(area.range(), "other")), "0");
  expect_chain_equals_memory({"other"}, area.range(), other.pid());
  EXPECT(slow.running());
  fifo.drain();
  EXPECT_EQ(errno_text(slow.result()), "0");
  other.finish();
}
