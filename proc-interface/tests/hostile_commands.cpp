// SPDX-License-Identifier: GPL-2.0-or-later
// Commands as somebody would write them who means harm: numbers at the ends of
// 64 bits, memory that ends within the command or changes meanwhile, and as
// much of everything as there may be.
#include <fcntl.h>
#include <linux/proc_checkpoint.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr uid_t user = 1234;

std::string numbers(std::uint64_t start, std::uint64_t last) {
  char text[64];
  std::snprintf(text, sizeof text, "full 0x%" PRIx64 " 0x%" PRIx64 " ", start, last);
  return text;
}

/// The end of user space, as the kernel clips to it.
std::uint64_t end_of_user_space(const Checkpointer& opened) {
  REQUIRE_EQ(opened.command(numbers(0, ~std::uint64_t{0}) + "/dev/null"), 0);
  return opened.status().number("last.end") + 1;
}

}  // namespace

TEST_CASE(ranges_at_the_ends_of_64_bits) {
  Checkpointer self;
  const std::uint64_t end = end_of_user_space(self), top = ~std::uint64_t{0};
  struct {
    std::uint64_t start, last;
    int expected;
  } const rows[] = {
      {0, top, 0},
      {0, top - 1, 0},
      {0, top - 4095, 0},
      {0, top - 4096, 0},
      {0, std::uint64_t{1} << 63, 0},
      {1, top, 0},
      {end - page_size, top, 0},
      {end - page_size, end - 1, 0},
      {end - page_size, end, 0},
      {end - page_size, end - 2, EINVAL},
      {end - page_size + 1, end - 1, EINVAL},
      // Rounding START up leads to the end, beyond it, or around.
      {end - page_size + 1, top, EINVAL},
      {end - 1, top, EINVAL},
      {end, top, EINVAL},
      {end + 1, top, EINVAL},
      {std::uint64_t{1} << 63, top, EINVAL},
      {top - 4095, top, EINVAL},
      {top - 4094, top, EINVAL},
      {top - 1, top, EINVAL},
      {top, top, EINVAL},
      // START + length wraps.
      {top, 0, EINVAL},
      {top - 4095, 4095, EINVAL},
      {0, 0, EINVAL},
      {0, 4094, EINVAL},
      {0, 4095, 0},
  };
  for (const auto& row : rows) {
    const std::string text = numbers(row.start, row.last);
    EXPECT_EQ(errno_text(self.command(text + "/dev/null")), errno_text(row.expected), text);
    if (row.expected != 0) continue;
    EXPECT(self.status().number("last.end") < end, text);
    EXPECT(self.status().number("last.start") <= self.status().number("last.end"), text);
  }
}

TEST_CASE(numbers_of_all_lengths) {
  Area area(2);
  fill(area, 1);
  Checkpointer self;
  char hex[32];
  std::snprintf(hex, sizeof hex, "%" PRIx64, area.range().start);
  const std::string last = " " + std::to_string(area.range().end - 1) + " /dev/null";
  for (std::size_t zeros : {0u, 1u, 16u, 100u, 1000u, 4000u}) {
    EXPECT_EQ(errno_text(self.command("full 0x" + std::string(zeros, '0') + hex + last)), "0",
              zeros);
    EXPECT_EQ(errno_text(self.command("full " + std::string(zeros, '0') +
                                      std::to_string(area.range().start) + last)),
              "0", zeros);
    if (zeros > 0)
      EXPECT_EQ(errno_text(self.command("full 1" + std::string(zeros + 20, '0') + last)), "EINVAL");
  }
}

TEST_CASE(a_command_that_ends_in_memory_that_is_not_there) {
  Area text(2), area(2);
  fill(area, 1);
  REQUIRE_CALL(munmap(text.page(1), page_size));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "base"), 0);
  touch(area.page(1));
  const std::string command = command_text("full", area.range(), "half");
  for (std::size_t there = 1; there < command.size(); there++) {
    unsigned char* start = text.page(1) - there;
    std::memcpy(start, command.data(), there);
    EXPECT_EQ(write(self.fd(), start, command.size()), -1, there);
    EXPECT_EQ(errno_text(errno), "EFAULT", there);
  }
  EXPECT(!exists("half"));
  // As far as it goes, it is one.
  std::memcpy(text.page(1) - command.size(), command.data(), command.size());
  EXPECT_EQ(write(self.fd(), text.page(1) - command.size(), command.size()),
            static_cast<ssize_t>(command.size()));
  expect_chain_equals_memory({"half"}, area.range());
  unlink("half");
}

TEST_CASE(a_command_in_pieces_is_none) {
  Area area(2);
  Checkpointer self;
  std::string head = numbers(area.range().start, area.range().end - 1), tail = "pieces";
  const iovec parts[] = {{head.data(), head.size()}, {tail.data(), tail.size()}};
  // Each piece is a write: the first lacks a path.
  EXPECT(writev(self.fd(), parts, 2) == -1);
  EXPECT(errno == EINVAL, std::strerror(errno));
  EXPECT(!exists("pieces"));
}

TEST_CASE(a_command_that_changes_while_it_is_read) {
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  std::string text = command_text("full", area.range(), "either");
  const std::size_t at = text.size() - std::strlen("either\n");
  std::atomic<bool> stop{false};
  std::thread changing([&] {
    volatile char* letters = &text[at];
    for (int i = 0; !stop; i++)
      for (int letter = 0; letter < 6; letter++)
        letters[letter] = "eitherEITHER"[letter + i % 2 * 6];
  });
  int made = 0;
  for (int i = 0; i < scaled(500, 50); i++) {
    int error = write_command(self.fd(), text);
    EXPECT(error == 0 || error == EEXIST, errno_text(error));
    made += error == 0;
  }
  stop = true;
  changing.join();
  // All names are mixtures of two: nothing else was made.
  EXPECT(made >= 1 && made <= 64, made);
}

TEST_CASE(more_ranges_than_are_tracked) {
  const auto count = static_cast<std::size_t>(scaled(1200, 300));
  Child own([count](Child::Steps& steps) {
    become_user(user);
    Area area(count);
    fill(area, 1);
    Checkpointer self;
    for (std::size_t i = 0; i < count; i++) REQUIRE_EQ(self.inc(area.range(i, 1), "/dev/null"), 0);
    EXPECT_EQ(self.status().ranges().size(), std::size_t{PROC_CHECKPOINT_MAX_RANGES});
    // The latest are there, the first is not.
    EXPECT(self.status().ranges().at(0).range == area.range(count - 1, 1));
    REQUIRE_EQ(self.inc(area.range(0, 1), "/dev/null"), 0);
    EXPECT_EQ(self.status().text("last.kind"), "full");
    REQUIRE_EQ(self.forget(), 0);
    EXPECT(self.status().ranges().empty());
    steps.pause();
  });
  own.finish();
}

TEST_CASE(tracked_ranges_of_many_processes_are_paid_for_by_no_more_than_they_are) {
  // Unreclaimable memory of the kernel, with as many ranges as there may be.
  constexpr int processes = 8;
  auto in_use = [] {
    put("/proc/sys/vm/drop_caches", "3");
    return number_in("/proc/meminfo", "SUnreclaim");
  };
  const std::uint64_t before = in_use();
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < processes; i++)
    children.push_back(std::make_unique<Child>([](Child::Steps& steps) {
      become_user(user);
      Area area(1000);
      Checkpointer self;
      for (std::size_t at = 0; at < area.pages(); at += 10)
        REQUIRE_EQ(self.full(area.range(at, 5), "/dev/null"), 0);
      steps.pause();
    }));
  const std::uint64_t after = in_use();
  // Of a process and its tables, mostly.
  EXPECT(after < before + processes * 1024, "KiB more:", after - before);
}

TEST_CASE(as_many_descriptors_as_there_may_be) {
  Child own([](Child::Steps& steps) {
    become_user(user);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    REQUIRE_CALL(setrlimit(RLIMIT_NOFILE, &limit));
    std::vector<int> all;
    int fd = -1;
    while ((fd = open("/proc/self/checkpoint", O_RDWR | O_CLOEXEC)) >= 0) all.push_back(fd);
    EXPECT_EQ(errno_text(errno), "EMFILE");
    EXPECT(all.size() > 900, all.size());
    Area area(1);
    EXPECT_EQ(
        errno_text(write_command(all.back(), command_text("full", area.range(), "/dev/null"))),
        "0");
    for (int each : all) close(each);
    Checkpointer again;
    EXPECT_EQ(again.status().ranges().size(), 1u);
    steps.pause();
  });
  own.finish();
}

TEST_CASE(many_commands_that_wait_are_killed) {
  Area area(64);
  fill(area, 1);
  Fifo fifo("fifo");
  CommandProcess first(getpid(), command_text("full", area.range(), fifo.path()));
  fifo.wait_for_data(first);
  {
    std::vector<std::unique_ptr<CommandProcess>> waiting;
    for (int i = 0; i < scaled(40, 10); i++)
      waiting.push_back(std::make_unique<CommandProcess>(
          getpid(), command_text(i % 2 ? "inc" : "full", area.range(), "waited")));
    usleep(50000);
    for (const auto& each : waiting) each->kill();
    for (const auto& each : waiting) EXPECT_EQ(each->result(), -SIGKILL);
  }
  EXPECT(!exists("waited"));
  fifo.drain();
  EXPECT_EQ(errno_text(first.result()), "0");
  fifo.save("first");
  expect_chain_equals_memory({"first"}, area.range());
}
