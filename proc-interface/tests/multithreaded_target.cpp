// SPDX-License-Identifier: GPL-2.0-or-later
// A process whose threads write, map, unmap, move, fork and drop memory all the
// time is checkpointed again and again; at rest the chain is exact.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t part = 128;
constexpr int rw = PROT_READ | PROT_WRITE;

using Work = void (*)(unsigned char* base, unsigned round);

void write_words(unsigned char* base, unsigned round) {
  for (unsigned i = 0; i < 16; i++) touch(base + (round * 16 + i) % part * page_size);
}

void drop_and_write(unsigned char* base, unsigned round) {
  unsigned char* page = base + round % (part - 8) * page_size;
  madvise(page, 4 * page_size, MADV_DONTNEED);
  touch(page + page_size);
}

void unmap_and_map(unsigned char* base, unsigned round) {
  unsigned char* page = base + round % (part - 8) * page_size;
  munmap(page, 4 * page_size);
  mmap(page, 6 * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0);
  touch(page + 2 * page_size);
}

void protect_and_write(unsigned char* base, unsigned round) {
  unsigned char* page = base + round % (part - 8) * page_size;
  mprotect(page, 4 * page_size, PROT_READ);
  mprotect(page, 4 * page_size, rw);
  touch(page);
  mprotect(page + page_size, page_size, round % 2 == 0 ? PROT_NONE : rw);
  mprotect(page + page_size, page_size, rw);
}

void move_about(unsigned char* base, unsigned round) {
  unsigned char* from = base + round % 2 * (part / 2) * page_size;
  unsigned char* to = base + (round + 1) % 2 * (part / 2) * page_size;
  mremap(from, 8 * page_size, 8 * page_size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
  mmap(from, 8 * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0);
  touch(to + page_size);
}

void fork_and_write(unsigned char* base, unsigned round) {
  pid_t child = fork();
  if (child == 0) {
    std::memset(base, 0xee, 8 * page_size);
    _exit(0);
  }
  write_words(base, round);
  if (child > 0) waitpid(child, nullptr, 0);
}

constexpr Work works[] = {write_words,       drop_and_write, unmap_and_map,
                          protect_and_write, move_about,     fork_and_write};

}  // namespace

TEST_CASE(threads_that_do_everything_meanwhile) {
  Child target([](Child::Steps& steps) {
    Area area(std::size(works) * part);
    fill(area, 1);
    steps.tell(area.range().start);
    steps.pause();
    for (;;) {
      std::atomic<bool> stop{false};
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < std::size(works); i++)
        threads.emplace_back([&, i] {
          for (unsigned round = 0; !stop; round++) works[i](area.page(i * part), round);
        });
      steps.pause();  // they run
      stop = true;
      for (std::thread& thread : threads) thread.join();
      steps.pause();  // they rest
    }
  });
  const std::uint64_t start = target.value();
  const Range range{start, start + std::size(works) * part * page_size};
  Checkpointer opened(target.pid());
  ImageChain chain;
  int number = 0;
  auto inc = [&] {
    const std::string path = "image" + std::to_string(number++);
    REQUIRE_EQ(opened.inc(range, path), 0);
    chain.add(path);
  };
  for (int round = 0; round < scaled(6, 2); round++) {
    target.step();
    for (int i = 0; i < 5; i++) inc();
    target.step();
    inc();
    chain.expect_equals_memory(range, target.pid());
  }
}

TEST_CASE(very_many_threads) {
  const auto count_of_threads = static_cast<std::size_t>(scaled(1000, 100));
  Child target([=](Child::Steps& steps) {
    Area area(count_of_threads);
    fill(area, 2);
    std::atomic<int> round{0};
    std::atomic<std::size_t> done{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count_of_threads; i++)
      threads.emplace_back([&, i] {
        round.wait(0);
        if (i % 3 == 0) touch(area.page(i));
        done++;
        round.wait(1);
      });
    steps.tell(area.range().start);
    steps.pause();
    round = 1;
    round.notify_all();
    while (done < count_of_threads) usleep(1000);
    steps.pause();
    round = 2;
    round.notify_all();
    for (std::thread& thread : threads) thread.join();
  });
  const std::uint64_t start = target.value();
  const std::string pages = chain_after(
      {start, start + count_of_threads * page_size}, [&] { target.step(); }, target.pid());
  std::string expected(count_of_threads, '.');
  for (std::size_t i = 0; i < count_of_threads; i += 3) expected[i] = 'D';
  EXPECT_EQ(pages, expected);
  target.finish();
}

TEST_CASE(threads_that_checkpoint_themselves) {
  // Each thread its own range, each against its own memory, all at once.
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; number++)
    threads.emplace_back([number] {
      try {
        Area area(64);
        fill(area, static_cast<std::uint64_t>(number));
        Checkpointer self;
        ImageChain chain;
        for (int i = 0; i < scaled(10, 3); i++) {
          const std::string path = "t" + std::to_string(number) + "." + std::to_string(i);
          REQUIRE_EQ(self.inc(area.range(), path), 0);
          chain.add(path);
          chain.expect_equals_memory(area.range());
          if (i > 0) EXPECT_EQ(count(picture(path, area.range()), 'D'), 2u, path);
          touch(area.page(static_cast<std::size_t>(i * 7 % 32)));
          touch(area.page(static_cast<std::size_t>(32 + i * 5 % 32)));
        }
      } catch (const std::exception& error) {
        EXPECT_EQ(std::string(error.what()), "", "thread", number);
      }
    });
  for (std::thread& thread : threads) thread.join();
}
