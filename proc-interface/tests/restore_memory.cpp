// SPDX-License-Identifier: GPL-2.0-or-later
// What cpctl restore does, with images that the kernel made: a process gets the
// memory back that it had, goes on from there, and the next inc knows.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "checkpoint/restore.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

using Paths = std::vector<std::string>;

checkpoint::RestorePlan restore_to(const Child& child, const Paths& paths,
                                   const checkpoint::RestoreRequest& request = {}) {
  const checkpoint::Chain chain = checkpoint::Chain::open(paths);
  chain.verify();
  checkpoint::RestorePlan plan =
      checkpoint::restore(checkpoint::Process("/proc", static_cast<std::uint64_t>(child.pid())),
                          checkpoint::Snapshot(chain), request)
          .plan;
  plan.writes.clear();  // they point into the chain
  return plan;
}

void stop(const Child& child) {
  REQUIRE_CALL(kill(child.pid(), SIGSTOP));
  const checkpoint::Process process("/proc", static_cast<std::uint64_t>(child.pid()));
  for (int tries = 0; tries < 10000; tries++) {
    bool all = true;
    for (const pid_t tid : process.threads()) {
      const auto thread = process.thread(tid);
      all = all && thread && thread->state == 'T';
    }
    if (all) return;
    usleep(1000);
  }
  REQUIRE(false, "the process does not stop");
}

void resume(const Child& child) {
  REQUIRE_CALL(kill(child.pid(), SIGCONT));
}

std::uint64_t word_at(const Child& child, std::uint64_t address) {
  std::uint64_t word = 0;
  checkpoint::ProcessMemory(checkpoint::Process("/proc", static_cast<std::uint64_t>(child.pid())))
      .read(address, std::as_writable_bytes(std::span(&word, 1)));
  return word;
}

/// Waits until the counter at @address has gone up by so much.
void wait_for(const Child& child, std::uint64_t address, std::uint64_t least) {
  std::uint64_t count = 0;
  for (int tries = 0; tries < 60000 && count < least; tries++) {
    usleep(1000);
    count = word_at(child, address);
  }
  REQUIRE(count >= least, "the counter stands still at", count);
}

}  // namespace

TEST_CASE(a_running_program_is_rolled_back_twice) {
  constexpr std::size_t pages = 256;
  Child child([](Child::Steps& steps) {
    Area area(pages);
    steps.tell(area.range().start);
    // A thread that counts slowly, and two that write all over the rest.
    std::thread([&area] {
      auto* counter = reinterpret_cast<volatile std::uint64_t*>(area.page(0));
      for (;; usleep(500)) *counter = *counter + 1;
    }).detach();
    for (std::size_t n : {1, 2})
      std::thread([&area, n] {
        for (std::uint64_t round = n;; round++) {
          fill_page(area.page(2 + round * 7919 % (pages - 2)), round);
          if (round % 16 == 0) usleep(100);
        }
      }).detach();
    steps.pause();
  });
  Range range;
  range.start = child.value();
  range.end = range.start + pages * page_size;
  const std::uint64_t counter = range.start;

  const Checkpointer checkpointer(child.pid());
  wait_for(child, counter, 50);
  REQUIRE_EQ(checkpointer.full(range, "full"), 0);
  wait_for(child, counter, word_at(child, counter) + 200);
  REQUIRE_EQ(checkpointer.inc(range, "inc1"), 0);
  const std::uint64_t at_first_inc = word_at(child, counter);
  wait_for(child, counter, at_first_inc + 2000);
  REQUIRE_EQ(checkpointer.inc(range, "inc2"), 0);

  stop(child);
  const std::uint64_t late = word_at(child, counter);
  EXPECT(restore_to(child, {"full", "inc1"}).pages() > 0);
  expect_chain_equals_memory({"full", "inc1"}, range, child.pid());
  const std::uint64_t earlier = word_at(child, counter);
  EXPECT(earlier < late, earlier);
  restore_to(child, {"full"});
  expect_chain_equals_memory({"full"}, range, child.pid());
  const std::uint64_t earliest = word_at(child, counter);
  EXPECT(earliest >= 50u, earliest);
  EXPECT(earliest < earlier, earliest);

  // It goes on from there, and the next inc has what became of it.
  resume(child);
  wait_for(child, counter, earliest + 10);
  stop(child);
  REQUIRE_EQ(checkpointer.inc(range, "inc3"), 0);
  expect_chain_equals_memory({"full", "inc1", "inc2", "inc3"}, range, child.pid());
}

// Every page that was written is in the next inc, and without the process's help.
TEST_CASE(the_next_inc_has_what_was_restored) {
  constexpr std::size_t pages = 64;
  Child child([](Child::Steps& steps) {
    Area area(pages);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
    fill(area, 2);
    steps.pause();
  });
  Range range;
  range.start = child.value();
  range.end = range.start + pages * page_size;
  const Checkpointer checkpointer(child.pid());
  REQUIRE_EQ(checkpointer.full(range, "a"), 0);
  child.step();
  REQUIRE_EQ(checkpointer.inc(range, "a1"), 0);
  EXPECT_EQ(restore_to(child, {"a"}).pages_data, pages);
  REQUIRE_EQ(checkpointer.inc(range, "a2"), 0);
  EXPECT_EQ(count(picture("a2", range), 'D'), pages);
  expect_chain_equals_memory({"a", "a1", "a2"}, range, child.pid());
  // Nothing to write: nothing for the next one either.
  EXPECT_EQ(restore_to(child, {"a", "a1", "a2"}).pages(), 0u);
  REQUIRE_EQ(checkpointer.inc(range, "a3"), 0);
  EXPECT_EQ(count(picture("a3", range), 'D'), 0u);
}

TEST_CASE(memory_of_all_kinds) {
  constexpr int rw = PROT_READ | PROT_WRITE;
  constexpr std::size_t pages = 16;
  const int fd = open("mapped", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  std::vector<char> contents(pages * page_size, 'f');
  REQUIRE_EQ(write(fd, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
  // One after the other, so that one range has them all.
  Area space(5 * pages, PROT_NONE);
  const auto part = [&](std::size_t n) { return space.page(n * pages); };
  REQUIRE_CALL(mprotect(part(0), 3 * pages * page_size, rw));
  REQUIRE(mmap(part(3), pages * page_size, rw, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED);
  REQUIRE(mmap(part(4), pages * page_size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) !=
          MAP_FAILED);
  const auto protect = [&](int read_only, int none) {
    REQUIRE_CALL(mprotect(part(0), pages * page_size, read_only));
    REQUIRE_CALL(mprotect(part(1), pages * page_size, none));
  };
  Child child([&](Child::Steps& steps) {
    for (std::size_t n = 0; n < 2 * pages; n++) fill_page(space.page(n), n + 1);
    touch(part(3));
    protect(PROT_READ, PROT_NONE);
    steps.pause();
    protect(rw, rw);
    for (std::size_t n = 0; n < 3 * pages; n += 2) fill_page(space.page(n), n + 1000);
    for (std::size_t n = 0; n < pages; n += 3) touch(part(3) + n * page_size);
    REQUIRE_CALL(mprotect(part(4), pages * page_size, rw));
    touch(part(4) + page_size);
    REQUIRE_CALL(mprotect(part(4), pages * page_size, PROT_READ));
    protect(PROT_READ, PROT_NONE);
    steps.pause();
  });
  close(fd);
  const Range range = space.range();
  const Checkpointer checkpointer(child.pid());
  REQUIRE_EQ(checkpointer.full(range, "kinds"), 0);
  const std::string before = picture("kinds", range);
  EXPECT_EQ(before, std::string(2 * pages, 'D') + std::string(pages, 'Z') + 'D' +
                        std::string(2 * pages - 1, 'F'));
  child.step();
  REQUIRE_EQ(checkpointer.inc(range, "kinds1"), 0);
  const auto plan = restore_to(child, {"kinds"});
  EXPECT_EQ(plan.pages_zero, pages / 2);
  EXPECT_EQ(plan.pages_file, pages / 3 + 1);
  expect_chain_equals_memory({"kinds"}, range, child.pid());
  REQUIRE_EQ(checkpointer.inc(range, "kinds2"), 0);
  expect_chain_equals_memory({"kinds", "kinds1", "kinds2"}, range, child.pid());
  restore_to(child, {"kinds", "kinds1"});
  expect_chain_equals_memory({"kinds", "kinds1"}, range, child.pid());
}

TEST_CASE(huge_pages) {
  const Area area = huge_area(3, 1);
  Child child([&](Child::Steps& steps) {
    steps.pause();
    touch(area.page(5));
    fill_page(area.page(huge_size / page_size + 1), 7);
    REQUIRE_CALL(madvise(area.page(2 * huge_size / page_size), huge_size, MADV_DONTNEED));
    steps.pause();
  });
  const Checkpointer checkpointer(child.pid());
  REQUIRE_EQ(checkpointer.full(area.range(), "huge"), 0);
  child.step();
  REQUIRE_EQ(checkpointer.inc(area.range(), "huge1"), 0);
  EXPECT_EQ(restore_to(child, {"huge"}).pages(), 2 + huge_size / page_size);
  expect_chain_equals_memory({"huge"}, area.range(), child.pid());
  REQUIRE_EQ(checkpointer.inc(area.range(), "huge2"), 0);
  expect_chain_equals_memory({"huge", "huge1", "huge2"}, area.range(), child.pid());
}

// All memory, stacks included: right because it waits in the same call.
TEST_CASE(a_whole_process_that_waits) {
  Child child([](Child::Steps& steps) {
    struct State {
      std::uint64_t n = 0;
      std::vector<std::uint64_t> made;
    } on_stack;
    // Otherwise the compiler may have it in registers, which are not rolled back.
    State* volatile state = &on_stack;
    for (;;) {
      state->n++;
      state->made.push_back(state->n * state->n);
      steps.tell(state->n);
      steps.tell(state->made.size() + state->made.back());
      steps.pause();
    }
  });
  const Checkpointer checkpointer(child.pid());
  const auto expect_at = [&](std::uint64_t n) {
    EXPECT_EQ(child.value(), n);
    EXPECT_EQ(child.value(), n + n * n);
  };
  expect_at(1);
  child.step();
  expect_at(2);
  REQUIRE_EQ(checkpointer.command("full 0 0xffffffffffffffff whole\n"), 0);
  for (std::uint64_t n : {3, 4, 5}) {
    child.step();
    expect_at(n);
  }
  checkpoint::RestoreRequest request;
  request.leave_extra = true;
  for (int round = 0; round < 2; round++) {
    restore_to(child, {"whole"}, request);
    child.step();
    expect_at(3);
    child.step();
    expect_at(4);
  }
}
