// SPDX-License-Identifier: GPL-2.0-or-later
// Most pages are taken before the stall, while the process runs.  What it does
// to them until the stall is in the image; what it stores is not lost; and when
// the stall fails, they are as changed as before.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/stores.h"
#include "support/swap.h"
#include "support/test.h"
#include "support/tracked.h"
#include "support/userfaultfd.h"

using namespace test;

namespace {

/// scaled(), but in a short suite a third of @minimum will do.
int rounds_of(int count, int minimum) {
  return scaled(count, static_cast<int>(fewer(static_cast<std::size_t>(minimum), 3)));
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
  Area area_{1024};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses the others
};

/// Moves pages of an area to and fro as long as this lives: 2 * pages from @first.
class Mover {
 public:
  static constexpr std::size_t pages = 2048;

  Mover(Area& area, std::size_t first)
      : here_(area.page(first)), there_(area.page(first + pages)), thread_([this] {
          for (; !stop_; moves_++, std::swap(here_, there_)) {
            REQUIRE(mremap(here_, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, there_) !=
                    MAP_FAILED);
            REQUIRE(mmap(here_, bytes, PROT_READ | PROT_WRITE, Area::anonymous | MAP_FIXED, -1,
                         0) != MAP_FAILED);
          }
        }) {}
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;
  ~Mover() {
    stop_ = true;
    thread_.join();
    EXPECT(moves_ > 0);
  }

 private:
  static constexpr std::size_t bytes = pages * page_size;

  unsigned char *here_, *there_;
  std::atomic<bool> stop_{false};
  std::atomic<int> moves_{0};
  std::thread thread_;  // last: it uses the others
};

/// Moves the first and the last pages of an area away and back as long as this
/// lives, each by a thread of its own: what waits for the lock gets it in turn, and
/// both are to have had it between two locks of a command.
class EndsMover {
 public:
  static constexpr std::size_t pages = 8;

  explicit EndsMover(Area& area)
      : first_([this, &area] { move(area.page(0), aside_.page(0)); }),
        last_([this, &area] { move(area.page(area.pages() - pages), aside_.page(pages)); }) {}
  EndsMover(const EndsMover&) = delete;
  EndsMover& operator=(const EndsMover&) = delete;
  ~EndsMover() {
    stop_ = true;
    first_.join();
    last_.join();
    EXPECT(moves_ > 0);
  }

 private:
  void move(unsigned char* here, unsigned char* there) {
    constexpr std::size_t bytes = pages * page_size;
    for (; !stop_; moves_++) {
      REQUIRE(mremap(here, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, there) != MAP_FAILED);
      REQUIRE(mremap(there, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, here) != MAP_FAILED);
    }
  }

  Area aside_{2 * pages};
  std::atomic<bool> stop_{false};
  std::atomic<int> moves_{0};
  std::thread first_, last_;  // at the end: they use the others
};

}  // namespace

// A thread that still may write to a page that another has just copied would
// write to the wrong one.  The checkpointer sleeps between, and leaves both the
// processors.
TEST_CASE(no_store_is_lost) {
  SlowReader reader;
  Area area(256);
  fill(area, 1);
  Stores stores(area);
  IncSeries series(area);
  for (int i = 0; i < rounds_of(60, 30); i++) series.inc();
  stores.stop();
  EXPECT_EQ(stores.lost(), 0u);
  series.expect_exact_at_rest();
}

// A thread numbers the pages from the first to the last, over and over: at any
// instant, no page has a greater number than one before it.  Each is in a page
// table of its own, since those of one are taken at once.  What surrounds it decides
// how the stall comes to it: others that do not change, or none.
TEST_CASE(what_is_written_until_the_stall_is_in_the_image) {
  constexpr std::size_t pages = 64, apart = huge_size / page_size, alone = 11, around = 24;
  SlowReader reader;
  Area area(pages * apart), seen(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  for (std::size_t page = 0; page < pages; page += 2)
    for (std::size_t i = 0; i < around; i++) touch(area.page(page * apart + i));
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> rounds = 0;
  std::thread writer([&] {
    for (std::uint64_t round = 1; !stop; round++) {
      for (std::size_t page = 0; page < pages; page++) {
        word_of(area, page * apart + alone, 3).store(round, std::memory_order_release);
        word_of(area, page * apart + alone, 4).store(round, std::memory_order_release);
      }
      rounds = round;
    }
  });
  while (rounds < 2) usleep(1000);
  Checkpointer self;
  auto apply = [&](const std::string& path) {
    checkpoint::Image image = open_image(path);
    for (const checkpoint::Run& run : image.runs()) {
      const std::size_t page = (run.start - area.range().start) / huge_size;
      const std::uint64_t at = area.range().start + (page * apart + alone) * page_size;
      if (run.state == checkpoint::PageState::data && run.start <= at && at < run.end)
        std::memcpy(seen.page(page), image.bytes(run).data() + (at - run.start), page_size);
    }
    unlink(path.c_str());
  };
  for (int i = 0; i < rounds_of(12, 6); i++) {
    const std::string path = "image" + std::to_string(i);
    const bool full = i % 6 == 0;
    REQUIRE_EQ(errno_text(full ? self.full(area.range(), path) : self.inc(area.range(), path)),
               "0");
    apply(path);
    const std::uint64_t first = word_of(seen, 0, 3);
    for (std::size_t page = 0; page < pages; page++) {
      const std::uint64_t begun = word_of(seen, page, 3), done = word_of(seen, page, 4);
      const std::uint64_t before = page ? word_of(seen, page - 1, 4).load() : begun;
      EXPECT(begun <= before && done <= begun && done + 1 >= first, path, page, first, before,
             begun, done);
    }
  }
  stop = true;
  writer.join();
  REQUIRE_EQ(self.inc(area.range(), "rest"), 0);
  apply("rest");
  for (std::size_t page = 0; page < pages; page++)
    EXPECT(std::memcmp(seen.page(page), area.page(page * apart + alone), page_size) == 0, page);
}

// What moved meanwhile is not taken for busy, and is not copied.
TEST_CASE(pages_that_move_until_the_stall) {
  SlowReader reader;
  Area area(2 * Mover::pages);
  fill(area, 2);
  Checkpointer self;
  {
    Mover mover(area, 0);
    for (int i = 0; i < rounds_of(5, 3); i++) {
      const std::string path = "moving" + std::to_string(i);
      REQUIRE_EQ(errno_text(self.full(area.range(), path)), "0");
      EXPECT(self.status().number("last.pages_copied") < Mover::pages / 4, path,
             self.status().number("last.pages_copied"), "copied");
      unlink(path.c_str());
    }
  }
  REQUIRE_EQ(self.full(area.range(), "moved"), 0);
  expect_chain_equals_memory({"moved"}, area.range());
}

// They are forgotten, and taken again in the stall.
TEST_CASE(pages_between_those_that_move) {
  constexpr std::size_t between = 512;
  SlowReader reader;
  Area area(EndsMover::pages + between + EndsMover::pages);
  fill(area, 4);
  const Range still = area.range(EndsMover::pages, between);
  const std::vector<std::byte> before = copy_of(still);
  Checkpointer self;
  EndsMover mover(area);
  for (int i = 0; i < rounds_of(20, 10); i++) {
    REQUIRE_EQ(errno_text(self.full(area.range(), "between")), "0");
    expect_image_holds("between", still, before);
    unlink("between");
  }
}

// Each stands alone among some that are unchanged.
TEST_CASE(changed_pages_between_those_that_move) {
  constexpr std::size_t between = 512;
  SlowReader reader;
  Area area(EndsMover::pages + between + EndsMover::pages);
  fill(area, 5);
  IncSeries series(area);
  {
    EndsMover mover(area);
    for (std::size_t i = 0; i < static_cast<std::size_t>(rounds_of(20, 10)); i++) {
      for (std::size_t page = i % 11; page < between; page += 11)
        touch(area.page(EndsMover::pages + page));
      series.inc();
    }
  }
  series.expect_exact_at_rest();
}

// They stay taken, and what is written to them is not lost.
TEST_CASE(pages_beside_those_that_move) {
  constexpr std::size_t beside = 1024;
  SlowReader reader;
  Area area(beside + 2 * Mover::pages + beside);
  fill(area, 3);
  Checkpointer self;
  std::vector<std::string> chain;
  auto checkpoint = [&] {
    chain.push_back("beside" + std::to_string(chain.size()));
    REQUIRE_EQ(errno_text(chain.size() == 1 ? self.full(area.range(), chain[0])
                                            : self.inc(area.range(), chain.back())),
               "0");
  };
  checkpoint();
  {
    Mover mover(area, beside);
    for (std::size_t i = 0; i < static_cast<std::size_t>(rounds_of(8, 4)); i++) {
      for (std::size_t page = i % 3; page < beside; page += 3) {
        touch(area.page(page));
        touch(area.page(area.pages() - 1 - page));
      }
      checkpoint();
    }
  }
  checkpoint();
  expect_chain_equals_memory(chain, area.range());
}

// An entry of a page that was written since looks clean then, and is that of another page.
// As above, no page has a greater number than one before it.
TEST_CASE(bits_that_are_cleared_until_the_stall) {
  constexpr std::size_t pages = 4096;
  SlowReader reader;
  Area area(pages);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> rounds = 0;
  std::thread writer([&] {
    for (std::uint64_t round = 1; !stop; rounds = round++)
      for (std::size_t page = 0; page < pages; page++) {
        word_of(area, page, 3).store(round, std::memory_order_release);
        if (page % 64 == 63) REQUIRE_EQ(put("/proc/self/clear_refs", "4"), 0);
      }
  });
  while (rounds < 2) usleep(1000);
  Checkpointer self;
  for (int i = 0; i < rounds_of(12, 6); i++) {
    REQUIRE_EQ(errno_text(self.full(area.range(), "cleared")), "0");
    std::uint64_t first = 0, before = 0;
    const checkpoint::Image image = open_image("cleared");
    for (const checkpoint::Run& run : image.runs())
      for (std::uint64_t at = run.start; at < run.end; at += page_size) {
        std::uint64_t number;
        std::memcpy(&number, image.bytes(run).data() + (at - run.start) + 3 * sizeof number,
                    sizeof number);
        if (at == area.range().start) first = before = number;
        EXPECT(number <= before && number + 1 >= first, i, (at - area.range().start) / page_size,
               number, before, first);
        before = number;
      }
    unlink("cleared");
  }
  stop = true;
  writer.join();
}

// Write faults wait for the handler, and a store that went on is not lost.
TEST_CASE(protection_that_comes_and_goes_until_the_stall) {
  SlowReader reader;
  Area area(256);
  fill(area, 6);
  const Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_WP);
  std::atomic<bool> stop = false;
  std::thread protector([&] {
    while (!stop) {
      handler.protect(area.range(), true);
      usleep(1000);
      handler.protect(area.range(), false);
      usleep(1000);
    }
  });
  Stores stores(area);
  IncSeries series(area);
  for (int i = 0; i < rounds_of(30, 15); i++) series.inc();
  stores.stop();
  stop = true;
  protector.join();
  EXPECT_EQ(stores.lost(), 0u);
  series.expect_exact_at_rest();
}

TEST_CASE(pages_that_a_handler_replaces_until_the_stall) {
  SlowReader reader;
  Area area(64);
  const Userfaultfd handler(area.range(), UFFDIO_REGISTER_MODE_MISSING);
  for (std::size_t page = 0; page < area.pages(); page++) handler.copy_in(area.page(page), 7);
  IncSeries series(area);
  std::atomic<bool> stop = false;
  std::uint64_t replaced = 0;
  std::thread replacer([&] {
    for (std::size_t page = 0; !stop; page = (page + 1) % area.pages(), replaced++) {
      REQUIRE_CALL(madvise(area.page(page), page_size, MADV_DONTNEED));
      handler.copy_in(area.page(page), replaced);
    }
  });
  for (int i = 0; i < rounds_of(30, 15); i++) series.inc();
  stop = true;
  replacer.join();
  EXPECT(replaced >= area.pages(), replaced);
  series.expect_exact_at_rest();
}

// Truncation takes modified pages away without the lock of the address space: in the
// stall, too.
TEST_CASE(a_file_that_is_cut_until_the_stall) {
  constexpr std::size_t pages = 128;
  SlowReader reader;
  const int fd = open("cut", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, pages * page_size));
  Area area(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
  fill(area, 8);
  IncSeries series(area);
  std::atomic<bool> stop = false;
  std::uint64_t cuts = 0;
  std::thread cutter([&] {
    for (; !stop; cuts++) {
      const std::size_t left = pages / 2 + cuts % (pages / 2);
      REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(left * page_size)));
      REQUIRE_CALL(ftruncate(fd, pages * page_size));
      for (std::size_t page = cuts % 2; page < pages; page += 2) touch(area.page(page));
    }
  });
  for (int i = 0; i < rounds_of(30, 15); i++) series.inc();
  stop = true;
  cutter.join();
  close(fd);
  EXPECT(cuts > 0);
  series.expect_exact_at_rest();
}

// Before there is a stall at all.
TEST_CASE(a_writer_that_is_killed_while_it_takes_them) {
  Tracked tracked(4096);
  int killed = 0;
  for (int i = 0; another_round(i, rounds_of(20, 10), killed > 0); i++) {
    touch(tracked.area);
    CommandProcess writer(getpid(), command_text("inc", tracked.range(), "killed"));
    usleep(static_cast<useconds_t>(200 * (i % 20)));
    writer.kill();
    if (writer.result() == 0) {
      tracked.take("killed");
    } else {
      killed++;
      EXPECT(!exists("killed"));
    }
    tracked.change();
    tracked.expect_next_inc_complete();
  }
  EXPECT(killed > 0, "none was killed");
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
