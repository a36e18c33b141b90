// SPDX-License-Identifier: GPL-2.0-or-later
// Memory is saved as it was at one instant, throughout the range, while threads
// write to every page of it.
//
// The pages form a table of THREADS columns.  Thread k writes a round's counter
// to its pages from top to bottom, over and over, each time to the first and
// then to the last word of the page.  It writes to its page of a row only after
// it has seen the counter in the last word of thread k-1's page of that row
// (thread 0: that of the round before in the last thread's page).  So there is
// an order of writes in each column, in each row, and by them among all pages,
// whoever writes; rows are scattered over the addresses.  In memory at any
// instant then, and in every image of one:
//
//	first >= last >= first - 1			of a page
//	last(row) >= first(row + 1)			down a column
//	last(bottom) >= first(top) - 1			and back to its top
//	last(k) >= first(k + 1)				along a row
//	last(last thread) >= first(thread 0) - 1	and back to its beginning
//
// A later write without an earlier one in the image breaks one of them.
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/hugetlb.h"
#include "support/nodes.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/ring.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t threads = 4;
constexpr std::size_t words_per_page = page_size / sizeof(std::uint64_t);

class Table {
 public:
  explicit Table(std::size_t pages) : rows_(pages / threads), area_(pages) {}

  [[nodiscard]] const Area& area() const { return area_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// The number of a page, by column and row.
  [[nodiscard]] std::size_t index(std::size_t column, std::size_t row) const {
    // An odd factor permutes the rows, whose number is a power of two.
    return (row * 0x9e3779b1u & (rows_ - 1)) * threads + column;
  }

  void start() {
    for (std::size_t column = 0; column < threads; column++)
      writers_.emplace_back([this, column] { write(column); });
  }
  /// All stop at the end of the same round.
  void stop() {
    stop_ = true;
    for (std::thread& writer : writers_) writer.join();
    writers_.clear();
  }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }
  void wait_for_rounds(std::uint64_t count) const {
    for (std::uint64_t from = rounds_; rounds_ < from + count;) usleep(10000);
  }

 private:
  std::atomic_ref<std::uint64_t> word(std::size_t column, std::size_t row, std::size_t at) {
    auto* words = reinterpret_cast<std::uint64_t*>(area_.page(index(column, row)));
    return std::atomic_ref(words[at]);
  }

  void write(std::size_t column) {
    // They never sleep, and would keep the kernel from its checksums for long.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
    const std::size_t before = column == 0 ? threads - 1 : column - 1;
    for (;;) {
      // Only the first thread decides; the others see that it went no further.
      if (column == 0 && stop_) last_round_ = next_round_ - 1;
      const std::uint64_t round = column == 0 ? next_round_.load() : own_round_[column] + 1;
      if (round > last_round_) break;
      if (!write_round(column, before, round)) break;
      own_round_[column] = round;
      if (column == 0) next_round_ = round + 1;
      if (column == threads - 1) rounds_ = round;
    }
  }

  bool write_round(std::size_t column, std::size_t before, std::uint64_t round) {
    const std::uint64_t needed = column == 0 ? round - 1 : round;
    for (std::size_t row = 0; row < rows_; row++) {
      while (word(before, row, words_per_page - 1).load(std::memory_order_acquire) < needed) {
        if (round > last_round_) return false;  // it will not come
        sched_yield();
      }
      word(column, row, 0).store(round, std::memory_order_release);
      word(column, row, words_per_page - 1).store(round, std::memory_order_release);
    }
    return true;
  }

  std::size_t rows_;
  Area area_;
  std::vector<std::thread> writers_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> next_round_{1}, last_round_{~std::uint64_t{0}}, rounds_{0};
  std::uint64_t own_round_[threads]{};
};

/// What the images so far say is in memory.
class Shadow {
 public:
  explicit Shadow(const Table& table) : table_(table), copy_(table.area().pages()) {}

  void apply(const checkpoint::Image& image) {
    for (const checkpoint::Run& run : image.runs()) {
      unsigned char* to = copy_.data() + (run.start - table_.area().range().start);
      if (run.state == checkpoint::PageState::data)
        std::memcpy(to, image.bytes(run).data(), run.size());
      else
        std::memset(to, 0, run.size());
    }
  }

  /// What no image can do: reads the memory bit by bit.
  void copy_memory() { std::memcpy(copy_.data(), table_.area().data(), copy_.bytes()); }

  /// The first order that is broken among the pages [first, first + pages),
  /// which are whole rows; "" if none is.
  [[nodiscard]] std::string violation(std::size_t first, std::size_t pages) const {
    std::uint64_t top[threads], above[threads];
    bool any = false;
    for (std::size_t row = 0; row < table_.rows(); row++) {
      const std::size_t index = table_.index(0, row);
      if (index < first || index >= first + pages) continue;
      const std::uint64_t row_first = at(0, row, 0);
      std::uint64_t left = ~std::uint64_t{0};
      for (std::size_t column = 0; column < threads; column++) {
        const std::uint64_t begin = at(column, row, 0);
        const std::uint64_t end = at(column, row, words_per_page - 1);
        if (begin < end || end + 1 < begin) return describe("within a page", column, row);
        if (left < begin) return describe("along a row", column, row);
        if (any && above[column] < begin) return describe("down a column", column, row);
        if (!any) top[column] = begin;
        above[column] = left = end;
      }
      if (left + 1 < row_first) return describe("back along a row", threads - 1, row);
      any = true;
    }
    for (std::size_t column = 0; any && column < threads; column++)
      if (above[column] + 1 < top[column]) return describe("back up a column", column, 0);
    return "";
  }

  [[nodiscard]] bool equals_memory() const {
    return std::memcmp(copy_.data(), table_.area().data(), copy_.bytes()) == 0;
  }

 private:
  [[nodiscard]] std::uint64_t at(std::size_t column, std::size_t row, std::size_t word) const {
    std::uint64_t value;
    std::memcpy(&value, copy_.page(table_.index(column, row)) + word * sizeof value, sizeof value);
    return value;
  }

  [[nodiscard]] std::string describe(const char* what, std::size_t column, std::size_t row) const {
    std::ostringstream text;
    text << "order " << what << ": thread " << column << ", row " << row << ", first word "
         << at(column, row, 0) << ", last word " << at(column, row, words_per_page - 1);
    return text.str();
  }

  const Table& table_;
  Area copy_;
};

/// All pages are written all the time; most checkpoints are of a part of them,
/// for the time that an emulated machine takes to go through all.  With
/// CP_INSTANTS_OF_ALL=200 in the environment, as many are of all.
constexpr int pages_in_all = 131072;  // 512 MiB
constexpr int checkpoints_of_parts = 198;
int checkpoints_of_all() {
  const char* count = std::getenv("CP_INSTANTS_OF_ALL");
  return count ? std::atoi(count) : 2;
}
constexpr int parts_of_the_whole = 128;
constexpr int checkpoints_per_full = 10;

/// Checkpoints of a table under its writers, each compared with the order of writes.
class Instants {
 public:
  explicit Instants(Table& table) : table_(table), shadow_(table) {
    table.start();
    table.wait_for_rounds(1);
    first_round_ = table.rounds();
  }
  Instants(const Instants&) = delete;
  Instants& operator=(const Instants&) = delete;
  ~Instants() { table_.stop(); }

  /// Of the pages [first, first + count), which are whole rows.
  void take(std::size_t first, std::size_t count) {
    const Range range = table_.area().range(first, count);
    const bool full = number_ % checkpoints_per_full == 0;
    const std::string path = "image" + std::to_string(number_++);
    REQUIRE_EQ(errno_text(full ? self_.full(range, path) : self_.inc(range, path)), "0");
    checkpoint::Image image = open_image(path);
    EXPECT(full || image.info().kind == checkpoint::Kind::inc, path);
    unlink(path.c_str());
    shadow_.apply(image);
    EXPECT_EQ(shadow_.violation(first, count), "", path);
  }
  /// Whether every page was written to since the beginning.
  [[nodiscard]] bool written_anew() const { return table_.rounds() >= first_round_ + 2; }
  /// The next is a full one.
  void begin_anew() { number_ = 0; }
  [[nodiscard]] std::uint64_t pages_copied() const {
    return self_.status().number("last.pages_copied");
  }

  /// The same chain goes on to exactly what is in memory.
  void expect_equal_at_rest() {
    EXPECT(written_anew(), "the writers hardly wrote");
    table_.stop();
    const Range range = table_.area().range();
    REQUIRE_EQ(self_.inc(range, "last"), 0);
    {
      checkpoint::Image image = open_image("last");
      EXPECT(image.info().kind == checkpoint::Kind::inc);
      shadow_.apply(image);
    }
    unlink("last");
    EXPECT_EQ(shadow_.violation(0, table_.area().pages()), "");
    EXPECT(shadow_.equals_memory(), "the chain is not what is in memory");
  }

 private:
  Table& table_;
  Shadow shadow_;
  Checkpointer self_;
  std::uint64_t first_round_ = 0;
  int number_ = 0;
};

void map_anew(const Table& table, int flags) {
  REQUIRE(mmap(table.area().data(), table.area().bytes(), PROT_READ | PROT_WRITE, MAP_FIXED | flags,
               -1, 0) != MAP_FAILED,
          std::strerror(errno));
}

void expect_instants_of_one_kind(int flags) {
  Table table(2048);
  map_anew(table, flags);
  Instants instants(table);
  for (int i = 0; another_round(i, scaled(30, 8), instants.written_anew()); i++)
    instants.take(0, table.area().pages());
  instants.expect_equal_at_rest();
}

}  // namespace

// Otherwise the next case would prove nothing.
TEST_CASE(a_copy_without_an_instant_is_found_out) {
  Table table(2048);
  Shadow shadow(table);
  table.start();
  table.wait_for_rounds(1);
  bool found = false;
  for (int tries = 0; tries < 1000 && !found; tries++) {
    shadow.copy_memory();
    found = !shadow.violation(0, table.area().pages()).empty();
  }
  table.stop();
  EXPECT(found);
  shadow.copy_memory();
  EXPECT_EQ(shadow.violation(0, table.area().pages()), "", "at rest");
}

TEST_CASE(every_image_is_of_one_instant) {
  // A power of two, as scaled() by a power of two keeps it.
  std::size_t pages = 1024;
  while (pages * 2 <= static_cast<std::size_t>(scaled(pages_in_all))) pages *= 2;
  Table table(pages);
  Instants instants(table);
  const std::size_t part = pages / parts_of_the_whole;
  for (int i = 0; i < scaled(checkpoints_of_parts, 20); i++)
    instants.take(static_cast<std::size_t>(i / checkpoints_per_full) % parts_of_the_whole * part,
                  part);
  instants.begin_anew();
  for (int i = 0; another_round(i, checkpoints_of_all(), instants.written_anew()); i++)
    instants.take(0, pages);
  instants.expect_equal_at_rest();
}

// Each is captured in a way of its own: ordinary pages, shared ones, hugetlb, and
// pages that a ring holds.  All are stopped by the same instant.
TEST_CASE(memory_of_all_kinds_is_of_one_instant) {
  constexpr std::size_t part = 2 * huge_size / page_size;
  HugetlbPool pool(4);
  Table table(4 * part);
  const Area& area = table.area();
  for (auto [first, flags] : {std::pair(part, MAP_SHARED | MAP_ANONYMOUS),
                              std::pair(2 * part, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB)})
    REQUIRE(mmap(area.page(first), part * page_size, PROT_READ | PROT_WRITE, MAP_FIXED | flags, -1,
                 0) != MAP_FAILED,
            std::strerror(errno));
  std::memset(area.page(3 * part), 0, part * page_size);
  Ring ring(area.page(3 * part), part * page_size);
  Instants instants(table);
  for (int i = 0; another_round(i, scaled(30, 4), instants.written_anew()); i++)
    instants.take(0, area.pages());
  EXPECT(instants.pages_copied() >= 3 * part, instants.pages_copied());
  instants.expect_equal_at_rest();
}

// No fault at a page of another kind stops the writers.
TEST_CASE(shared_memory_is_of_one_instant) {
  expect_instants_of_one_kind(MAP_SHARED | MAP_ANONYMOUS);
}

// Another process moves the pages from node to node meanwhile: so the entries of this one are
// replaced, without its locks.
TEST_CASE(shared_memory_that_migrates_is_of_one_instant) {
  require_nodes();
  Table table(2048);
  map_anew(table, MAP_SHARED | MAP_ANONYMOUS);
  const Area& area = table.area();
  Child mover([&](Child::Steps& steps) {
    std::vector<void*> pages;
    for (std::size_t i = 0; i < area.pages(); i++) {
      touch(area.page(i));
      pages.push_back(area.page(i));
    }
    steps.pause();
    std::vector<int> status(pages.size());
    for (int node = 1;; node = 1 - node) {
      const std::vector<int> nodes(pages.size(), node);
      REQUIRE_CALL(syscall(SYS_move_pages, 0, pages.size(), pages.data(), nodes.data(),
                           status.data(), MPOL_MF_MOVE_ALL));
    }
  });
  const auto migrated = [before = number_in("/proc/vmstat", "pgmigrate_success")] {
    return number_in("/proc/vmstat", "pgmigrate_success") - before;
  };
  std::memset(area.data(), 0, area.bytes());
  mover.go();
  Instants instants(table);
  for (int i = 0;
       another_round(i, scaled(100, 8), instants.written_anew() && migrated() > 10 * area.pages());
       i++)
    instants.take(0, area.pages());
  EXPECT(migrated() > 10 * area.pages(), migrated());
  mover.kill();
  instants.expect_equal_at_rest();
}

TEST_CASE(hugetlb_memory_is_of_one_instant) {
  HugetlbPool pool(4);
  expect_instants_of_one_kind(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
}

TEST_CASE(a_chain_taken_under_writers_equals_memory_at_rest) {
  Table table(1024);
  Checkpointer self;
  table.start();
  table.wait_for_rounds(1);
  ImageChain chain;
  for (int i = 0; i < 8; i++) {
    const std::string path = "chain" + std::to_string(i);
    REQUIRE_EQ(self.inc(table.area().range(), path), 0);
    chain.add(path);
  }
  table.stop();
  REQUIRE_EQ(self.inc(table.area().range(), "chain.end"), 0);
  chain.add("chain.end");
  EXPECT_EQ(chain.paths().size(), 9u);
  chain.expect_equals_memory(table.area().range());
}
