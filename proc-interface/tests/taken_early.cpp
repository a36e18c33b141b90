// SPDX-License-Identifier: GPL-2.0-or-later
// Most pages are taken before the stall, while the process runs.  What it does
// to them until the stall is in the image; what it stores is not lost; and when
// the stall fails, they are as changed as before.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

std::atomic_ref<std::uint64_t> word(const Area& area, std::size_t page, std::size_t at) {
  return std::atomic_ref(reinterpret_cast<std::uint64_t*>(area.page(page))[at]);
}

/// Holds the lock of the address space shared for long, over and over, as long
/// as this lives: a stall has to wait, and faults do not.
class SlowReader {
 public:
  SlowReader()
      : thread_([this] {
          for (std::uint64_t round = 1; !stop_; round++) {
            fill(area_, round);
            madvise(area_.data(), area_.bytes(), MADV_PAGEOUT);
          }
        }) {}
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;
  ~SlowReader() {
    stop_ = true;
    thread_.join();
  }

 private:
  Swap swap_;
  Area area_{2048};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace

// A thread that still may write to a page that another has just copied would
// write to the wrong one.
TEST_CASE(no_store_is_lost) {
  Area area(256);
  fill(area, 1);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> lost = 0;
  std::vector<std::thread> writers;
  for (std::size_t own : {5u, 6u, 7u}) {
    for (std::size_t page = 0; page < area.pages(); page++) word(area, page, own) = 0;
    writers.emplace_back([&, own] {
      for (std::uint64_t round = 0; !stop; round++)
        for (std::size_t page = 0; page < area.pages(); page++) {
          if (word(area, page, own).load(std::memory_order_relaxed) != round) lost++;
          word(area, page, own).store(round + 1, std::memory_order_relaxed);
        }
    });
  }
  Checkpointer self;
  ImageChain chain;
  for (int i = 0; i < scaled(200, 30); i++) {
    const std::string path = i == 0 ? "full" : "inc" + std::to_string(i);
    REQUIRE_EQ(errno_text(i == 0 ? self.full(area.range(), path) : self.inc(area.range(), path)),
               "0");
    chain.add(path);
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(lost.load(), 0u);
  REQUIRE_EQ(self.inc(area.range(), "at_rest"), 0);
  chain.add("at_rest");
  chain.expect_equals_memory(area.range());
}

// A thread numbers the pages from the first to the last, over and over: at any
// instant, no page has a greater number than one before it.
TEST_CASE(what_is_written_until_the_stall_is_in_the_image) {
  SlowReader reader;
  Area area(512), seen(512);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> rounds = 0;
  std::thread writer([&] {
    for (std::uint64_t round = 1; !stop; round++) {
      for (std::size_t page = 0; page < area.pages(); page++) {
        word(area, page, 3).store(round, std::memory_order_release);
        word(area, page, 4).store(round, std::memory_order_release);
      }
      rounds = round;
    }
  });
  while (rounds < 2) usleep(1000);
  Checkpointer self;
  auto apply = [&](const std::string& path) {
    checkpoint::Image image = open_image(path);
    for (const checkpoint::Run& run : image.runs())
      std::memcpy(seen.data() + (run.start - area.range().start), image.bytes(run).data(),
                  run.size());
    unlink(path.c_str());
  };
  for (int i = 0; i < scaled(40, 10); i++) {
    const std::string path = "image" + std::to_string(i);
    const bool full = i % 10 == 0;
    REQUIRE_EQ(errno_text(full ? self.full(area.range(), path) : self.inc(area.range(), path)),
               "0");
    apply(path);
    const std::uint64_t first = word(seen, 0, 3);
    for (std::size_t page = 0; page < area.pages(); page++) {
      const std::uint64_t begun = word(seen, page, 3), done = word(seen, page, 4);
      const std::uint64_t before = page ? word(seen, page - 1, 4).load() : begun;
      EXPECT(begun <= before && done <= begun && done + 1 >= first, path, page, first, before,
             begun, done);
    }
  }
  stop = true;
  writer.join();
  REQUIRE_EQ(self.inc(area.range(), "rest"), 0);
  apply("rest");
  EXPECT(std::memcmp(seen.data(), area.data(), area.bytes()) == 0);
}

// The stall gives up before it comes to the pages that were taken.
TEST_CASE(a_stall_that_fails_forgets_nothing) {
  constexpr std::size_t mapped = 8 << 20, few = 64;
  const auto available = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * page_size;
  const std::size_t times = available / mapped + 2, front = times * mapped / page_size;
  const int fd = memfd_create("often", MFD_CLOEXEC);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(mapped)));
  Area area(front + few, PROT_NONE);
  REQUIRE_CALL(mprotect(area.page(front), few * page_size, PROT_READ | PROT_WRITE));
  for (std::size_t i = 0; i < few; i++) fill_page(area.page(front + i), i + 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "baseline"), 0);
  for (std::size_t i = 0; i < few; i += 3) touch(area.page(front + i));

  for (std::size_t i = 0; i < times; i++)
    REQUIRE(mmap(area.page(i * mapped / page_size), mapped, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
  close(fd);
  std::memset(area.data(), 7, mapped);
  EXPECT_EQ(errno_text(self.inc(area.range(), "failed")), "ENOMEM");
  EXPECT(!exists("failed"));
  REQUIRE(mmap(area.data(), front * page_size, PROT_NONE, Area::anonymous | MAP_FIXED, -1, 0) !=
          MAP_FAILED);

  REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
  EXPECT(open_image("inc").info().kind == checkpoint::Kind::inc);
  EXPECT_EQ(count(picture("inc", area.range(front, few)), 'D'), (few + 2) / 3);
  expect_chain_equals_memory({"baseline", "inc"}, area.range());
}
