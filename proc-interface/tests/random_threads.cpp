// SPDX-License-Identifier: GPL-2.0-or-later
// Threads perform random operations, each on pages of its own with a model of
// its own, while checkpoints of all of it are taken one after the other, of
// which some find no space.  Then they rest: the chain must say what the models
// say.
//
// CP_RANDOM_SEED, CP_RANDOM_CHECKPOINTS and CP_RANDOM_SECONDS as in
// random_operations.cpp; what threads do is the same with the same seed, but
// not the order in which they meet.
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include "checkpoint/image.h"
#include "random/picture.h"
#include "random/player.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;
using namespace test::random;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t threads = 3;
constexpr std::size_t stripe = 2 * huge_size / page_size;
constexpr std::size_t operations_a_round = 40;
constexpr std::size_t longest_chain = 24;

class Arena {
 public:
  explicit Arena(std::uint64_t seed) : area_(threads * stripe), picture_(area_.range()) {
    for (std::size_t i = 0; i < threads; i++) {
      worlds_.push_back(
          std::make_unique<World>(around_, counters_, area_.page(i * stripe), stripe, 0, false));
      seeds_.push_back(seed * threads + i);
    }
  }

  /// All threads do something, and all of it is checkpointed meanwhile; then it
  /// is compared.
  void round(std::uint64_t number) {
    std::atomic<std::size_t> running{threads};
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < threads; i++)
      workers.emplace_back([&, i] {
        work(*worlds_[i], seeds_[i] + number * 1000);
        running--;
      });
    const int before = failure_count();
    while (running > 0 && failure_count() == before) {
      try {
        take(true);
      } catch (const Failure&) {
        break;
      }
    }
    for (std::thread& worker : workers) worker.join();
    REQUIRE_EQ(failure_count(), before);
    take(false);
    compare();
    rounds_++;
  }

  [[nodiscard]] std::uint64_t checkpoints() const { return counters_.checkpoints(); }
  [[nodiscard]] std::uint64_t refused() const { return counters_.refused; }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

 private:
  static void work(World& world, std::uint64_t seed) {
    try {
      for (const Operation& operation : make_thread_sequence(seed, operations_a_round, stripe))
        world.perform(operation);
    } catch (const std::exception& error) {
      EXPECT(false, "a thread with seed", seed, error.what());
    }
  }

  void take(bool busy) {
    const std::string path = "image" + std::to_string(paths_made_++);
    const bool cramped = busy && !full_next_ && paths_made_ % 4 == 0;
    const std::string to = cramped ? around_.small() + "/" + path : path;
    const int error = full_next_ ? self_.full(area_.range(), to) : self_.inc(area_.range(), to);
    // Pages that are being paged out faster than they can be read.
    if (busy && error == EAGAIN) return;
    if (cramped && error == ENOSPC) {
      // What it would have had is in the next one.
      counters_.refused++;
      return;
    }
    REQUIRE_EQ(errno_text(error), "0", path);
    if (cramped) {
      std::filesystem::copy_file(to, path);
      unlink(to.c_str());
    }
    const checkpoint::Image image = checkpoint::Image::open(path);
    const bool is_full = image.info().kind == checkpoint::Kind::full;
    EXPECT_EQ(is_full, full_next_, path);
    if (is_full)
      drop_chain();
    else
      EXPECT_EQ(checkpoint::id_text(image.info().parent), newest_, path);
    (is_full ? counters_.fulls : counters_.incs)++;
    newest_ = checkpoint::id_text(image.info().id);
    full_next_ = false;
    paths_.push_back(path);
    picture_.apply(image);
  }

  /// Nothing runs.
  void compare() {
    for (std::size_t i = 0; i < threads; i++) {
      World& world = *worlds_[i];
      const std::string difference =
          picture_.difference(world.model, 0, stripe, i * stripe, &world.model);
      if (difference.empty()) continue;
      EXPECT(false, "stripe", i, difference);
      world.expect_memory_is_as_modelled();
    }
    if (paths_.size() < longest_chain) return;
    expect_chain_equals_memory(paths_, area_.range());
    full_next_ = true;
  }

  void drop_chain() {
    for (const std::string& path : paths_) unlink(path.c_str());
    paths_.clear();
  }

  Surroundings around_;
  Counters counters_{};
  Area area_;
  std::vector<std::unique_ptr<World>> worlds_;
  std::vector<std::uint64_t> seeds_;
  Checkpointer self_;
  Picture picture_;
  std::vector<std::string> paths_;
  std::string newest_;
  unsigned paths_made_ = 0;
  bool full_next_ = true;
  std::uint64_t rounds_ = 0;
};

}  // namespace

TEST_CASE(chains_are_as_the_models_say_once_all_threads_rest) {
  const std::uint64_t seed = setting(
      "CP_RANDOM_SEED",
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) /
          1000 % 1000000000);
  const std::uint64_t checkpoints = setting("CP_RANDOM_CHECKPOINTS", 0);
  const auto end = Clock::now() + std::chrono::seconds(setting("CP_RANDOM_SECONDS", 0));
  const std::uint64_t rounds = static_cast<std::uint64_t>(scaled(10, 2));
  std::cout << "# CP_RANDOM_SEED=" << seed << std::endl;

  Arena arena(seed);
  for (std::uint64_t i = 0; i < rounds || arena.checkpoints() < checkpoints || Clock::now() < end;
       i++) {
    arena.round(i);
    if (i % 100 == 99)
      std::cout << "# " << i + 1 << " rounds, " << arena.checkpoints() << " checkpoints"
                << std::endl;
  }
  std::cout << "# " << arena.rounds() << " rounds, " << arena.checkpoints() << " checkpoints, "
            << arena.refused() << " failed as they should" << std::endl;
}
