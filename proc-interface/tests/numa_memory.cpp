// SPDX-License-Identifier: GPL-2.0-or-later
// Memory of several nodes (numa=fake=2 makes them): pages move from one to
// another by request, and the balancer takes the rights of pages away to see who
// uses them.  Neither changes what they hold.
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/nodes.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/stores.h"
#include "support/test.h"

using namespace test;

namespace {

/// The node of a page, or a negative errno.
int node_of(void* page) {
  int status = -1;
  REQUIRE_CALL(syscall(SYS_move_pages, 0, 1ul, &page, nullptr, &status, 0));
  return status;
}

/// A page that is on its way to a list can't be moved at once.
void move_to_node(void* page, int wanted) {
  int status = -1;
  for (int i = 0; i < 100 && status != wanted; i++) {
    REQUIRE_CALL(syscall(SYS_move_pages, 0, 1ul, &page, &wanted, &status, MPOL_MF_MOVE));
    if (status != wanted) usleep(10000);
  }
  REQUIRE_EQ(node_of(page), wanted);
}

void move_to_other_node(void* page) {
  const int before = node_of(page);
  REQUIRE(before == 0 || before == 1, before);
  move_to_node(page, 1 - before);
}

/// Keeps the thread on one processor, for as long as this lives.
class OneProcessor {
 public:
  OneProcessor() {
    REQUIRE_CALL(sched_getaffinity(0, sizeof before_, &before_));
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    REQUIRE_CALL(sched_setaffinity(0, sizeof first, &first));
  }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

int node_of_processor() {
  unsigned node = 0;
  REQUIRE_CALL(syscall(SYS_getcpu, nullptr, &node, nullptr));
  return static_cast<int>(node);
}

/// Takes rights away, of pages that are not where the process runs, for as long
/// as this lives.
class Balancer {
 public:
  Balancer() {
    if (!exists(switched)) SKIP("no NUMA balancing");
    put(debug + "scan_delay_ms", "1");
    put(debug + "scan_period_min_ms", "10");
    put(debug + "scan_period_max_ms", "20");
    put(debug + "scan_size_mb", "256");
    put(switched, "1");
  }
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  ~Balancer() { put(switched, "0"); }

  /// Computes until so many entries had their rights taken away.  In a thread after
  /// the other: each stays away from the next scan for 32 times as long as it thinks
  /// that the last one took, which is minutes where a processor was not there for a while.
  void wait_for_hints(std::uint64_t entries) const {
    const std::uint64_t wanted = hints() + entries;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (hints() < wanted) {
      REQUIRE(std::chrono::steady_clock::now() < give_up, "missing", wanted - hints());
      std::thread([&] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        while (hints() < wanted && std::chrono::steady_clock::now() < end) {
          volatile int work = 0;
          for (int i = 0; i < 1000000; i++) work = i;
          (void)work;
        }
      }).join();
    }
  }

  static std::uint64_t faults() { return number_in("/proc/vmstat", "numa_hint_faults"); }

 private:
  static std::uint64_t hints() { return number_in("/proc/vmstat", "numa_pte_updates"); }

  const std::string switched = "/proc/sys/kernel/numa_balancing";
  const std::string debug = "/sys/kernel/debug/sched/numa_balancing/";
};

/// Folios of @granule pages, all on the node where the process does not run:
/// those get hints.  A hint is no reason to save a page, and none to miss one.
void expect_exact_with_hints(const Area& area, std::size_t granule) {
  const OneProcessor here;
  const int away = 1 - node_of_processor();
  for (std::size_t i = 0; i < area.pages(); i++) move_to_node(area.page(i), away);
  std::string expected(area.pages(), '.');
  auto touch_some = [&](std::size_t which) {
    for (std::size_t k = which; k < area.pages() / granule; k += 8) {
      touch(area.page(k * granule + k % granule));
      std::fill_n(&expected[k * granule], granule, 'D');
    }
  };
  const std::uint64_t faults_before = Balancer::faults();
  const std::string pages = chain_after(area.range(), [&] {
    touch_some(0);
    const Balancer balancer;
    balancer.wait_for_hints(area.pages());
    touch_some(3);
  });
  EXPECT(Balancer::faults() > faults_before, "no access met a hint");
  EXPECT(pages == expected, pages);
}

}  // namespace

TEST_CASE(pages_moved_to_another_node) {
  require_nodes();
  Area area(8);
  fill(area, 1);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    move_to_other_node(area.page(3));
    move_to_other_node(area.page(5));
    move_to_other_node(area.page(6));
    touch(area.page(6));
  });
  EXPECT_EQ(pages, "...D..D.");
}

// Many at once have no frame, each time.
TEST_CASE(moved_to_and_fro_during_the_captures) {
  require_nodes();
  Area area(1024);
  fill(area, 5);
  std::atomic<bool> end = false;
  std::atomic<int> moves = 0;
  std::thread mover([&] {
    std::vector<void*> pages;
    for (std::size_t i = 0; i < area.pages(); i++) pages.push_back(area.page(i));
    std::vector<int> nodes(pages.size()), status(pages.size());
    for (int node = 1; !end; node = 1 - node, moves++) {
      std::ranges::fill(nodes, node);
      syscall(SYS_move_pages, 0, pages.size(), pages.data(), nodes.data(), status.data(),
              MPOL_MF_MOVE);
    }
  });
  Checkpointer self;
  ImageChain chain;
  for (int round = 0; round < scaled(20, 8); round++) {
    for (std::size_t i = static_cast<std::size_t>(round) % 3; i < area.pages(); i += 3)
      touch(area.page(i));
    const std::string path = "moved" + std::to_string(round);
    // (EAGAIN: it did not find them at rest in any of its attempts.)
    int error = EAGAIN;
    for (int attempt = 0; attempt < 20 && error == EAGAIN; attempt++)
      error = round == 0 ? self.full(area.range(), path) : self.inc(area.range(), path);
    EXPECT_EQ(errno_text(error), "0", path);
    if (error != 0) break;
    chain.add(path);
    chain.expect_equals_memory(area.range());
  }
  end = true;
  mover.join();
  EXPECT(moves > 1, moves.load());
}

TEST_CASE(small_pages_with_hints) {
  require_nodes();
  Area area(512);
  fill(area, 2);
  expect_exact_with_hints(area, 1);
}

TEST_CASE(huge_pages_with_hints) {
  require_nodes();
  expect_exact_with_hints(huge_area(4, 3), huge_size / page_size);
}

// The flush for a hint comes long after its entry lost its rights: a thread that
// may still write must not write to a page that another has just copied.
TEST_CASE(no_store_is_lost_with_hints) {
  require_nodes();
  Area area(512);
  fill(area, 6);
  Stores stores(area);
  IncSeries series(area);
  {
    const Balancer balancer;
    const std::uint64_t faults_before = Balancer::faults();
    for (int i = 0; i < scaled(60, 10); i++) series.inc();
    balancer.wait_for_hints(1);
    stores.stop();
    EXPECT(Balancer::faults() > faults_before, "no access met a hint");
  }
  EXPECT_EQ(stores.lost(), 0u);
  series.expect_exact_at_rest();
}

// The captures protect what has hints, and hints go to what they protected.
TEST_CASE(hints_during_the_captures) {
  require_nodes();
  Area area(512);
  fill(area, 4);
  IncSeries series(area);
  {
    const Balancer balancer;
    const std::uint64_t faults_before = Balancer::faults();
    std::atomic<bool> end = false;
    std::vector<std::thread> writers;
    for (std::size_t first : {0u, 1u})
      writers.emplace_back([&, first] {
        // They leave the processors to the captures now and then.
        for (; !end; usleep(2000))
          for (std::size_t i = first; i < area.pages(); i += 2) touch(area.page(i));
      });
    for (int round = 0; round < scaled(12, 4); round++) {
      usleep(20000);
      series.inc();
    }
    balancer.wait_for_hints(1);
    end = true;
    for (std::thread& writer : writers) writer.join();
    EXPECT(Balancer::faults() > faults_before, "no access met a hint");
  }
  series.expect_exact_at_rest();
}
