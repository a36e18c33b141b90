// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations of every kind on an arena, with checkpoints in between: a
// model in other memory knows what each page must hold, and each image must say
// the same.  (random_threads.cpp does so with many threads.)
//
// Sequences follow from a seed, and run in a process each.  One that fails is
// cut down to few operations, which are printed.
//
//   CP_RANDOM_SEED=N         the first seed (default: some that are always the
//                            same, then one of the time, which is printed)
//   CP_RANDOM_CHECKPOINTS=N  as many checkpoints
//   CP_RANDOM_SECONDS=N      for so long
//   CP_RANDOM_REPLAY=FILE    only the operations of that file, as a failure
//                            prints them
//   CP_RANDOM_TRACE=1        print each operation before it is performed
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "random/player.h"
#include "random/shrink.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;
using namespace test::random;

namespace {

using Clock = std::chrono::steady_clock;

/// Shorter ones with the same seed are the beginning of it.
constexpr int checkpoints_of_a_sequence = 50;

/// Plays the seed's sequence.  False when it failed, which was explained.
bool play_seed(Player& player, std::uint64_t seed, int checkpoints = checkpoints_of_a_sequence) {
  const Sequence sequence =
      make_sequence(seed, static_cast<std::size_t>(checkpoints), Player::arena_pages);
  if (player.play(sequence)) return true;
  EXPECT(false, "with CP_RANDOM_SEED =", seed);
  player.explain(sequence);
  return false;
}

/// Seed after seed, until there were so many checkpoints and so much time passed.
void soak(Player& player, std::uint64_t seed, std::uint64_t checkpoints, std::uint64_t seconds) {
  const auto began = Clock::now(), end = began + std::chrono::seconds(seconds);
  auto report = began;
  const std::uint64_t first = seed;
  while (player.counters().checkpoints() < checkpoints || Clock::now() < end) {
    if (!play_seed(player, seed++)) return;
    if (Clock::now() < report + std::chrono::minutes(1)) continue;
    report = Clock::now();
    std::cout << "# seeds " << first << " to " << seed - 1 << ": "
              << player.counters().checkpoints() << " checkpoints" << std::endl;
  }
  std::cout << "# seeds " << first << " to " << seed - 1 << std::endl;
}

/// A sequence with a mistake planted into its middle.
Sequence with_mistake(const char* name, std::uint64_t seed) {
  Sequence sequence = make_sequence(seed, static_cast<std::size_t>(scaled(4)), Player::arena_pages);
  const auto middle = sequence.begin() + static_cast<std::ptrdiff_t>(sequence.size() / 2);
  sequence.insert(middle, Operation{.kind = kind_named(name), .a = 700, .b = 1, .c = 5, .d = 0});
  return sequence;
}

/// The mistake is noticed, and what is cut down to next to nothing still has it.
void expect_noticed(const char* name) {
  Player player;
  for (std::uint64_t seed = 1;; seed++) {
    REQUIRE(seed < 10, "no sequence in which the mistake has an effect");
    const Sequence sequence = with_mistake(name, seed);
    if (player.play(sequence, Player::Say::nothing)) continue;
    if (!thorough()) return;
    const Sequence shortest = player.shrink_failing(sequence);
    EXPECT(shortest.size() <= 3, shortest.size(), "operations:", text(shortest));
    EXPECT(text(shortest).find(name) != std::string::npos, text(shortest));
    return;
  }
}

}  // namespace

TEST_CASE(operations_can_be_printed_and_read_again) {
  Sequence sequence = make_sequence(1, 200, Player::arena_pages);
  for (std::size_t kind = 0; kind < kinds().size(); kind++) sequence.push_back({.kind = kind});
  EXPECT(parse(text(sequence)) == sequence);
  EXPECT(parse("# none\n\n store 1 2 3 4 # one; inc 0 0 0 0\ninc 5 6 7 8;") ==
         parse("store 1 2 3 4; inc 5 6 7 8"));
  EXPECT(make_sequence(1, 200, Player::arena_pages) != make_sequence(2, 200, Player::arena_pages));
}

TEST_CASE(what_is_not_needed_to_fail_is_cut_out) {
  auto fails = [](const std::vector<std::size_t>& kept) {
    return std::ranges::count(kept, 17u) + std::ranges::count(kept, 93u) == 2;
  };
  EXPECT(shrink(200, fails) == std::vector<std::size_t>({17, 93}));
  EXPECT(shrink(94, fails) == std::vector<std::size_t>({17, 93}));
  auto always = [](const std::vector<std::size_t>&) { return true; };
  EXPECT(shrink(50, always).empty());
}

// Otherwise a sequence that failed could be cut down to nothing.
TEST_CASE(a_failure_is_not_that_of_the_next_sequence_as_well) {
  Player player;
  fail(__FILE__, __LINE__, "planted");
  const bool passed = player.play({}, Player::Say::nothing);
  forget_failures();
  EXPECT(passed);
}

TEST_CASE(a_store_that_the_model_does_not_know_of_is_noticed) {
  expect_noticed("untold_store");
}

TEST_CASE(a_page_that_is_left_out_of_the_chain_is_noticed) {
  expect_noticed("unapplied_page");
}

TEST_CASE(images_are_as_the_model_says) {
  Player player;
  if (const char* file = std::getenv("CP_RANDOM_REPLAY")) {
    const Sequence sequence = parse(slurp(file));
    REQUIRE(!sequence.empty(), "no operations in", file);
    EXPECT(player.play(sequence));
    return;
  }
  const std::uint64_t of_the_time =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) /
      1000 % 1000000000;
  const std::uint64_t seed = setting("CP_RANDOM_SEED", 0);
  const std::uint64_t checkpoints = setting("CP_RANDOM_CHECKPOINTS", 0);
  const std::uint64_t seconds = setting("CP_RANDOM_SECONDS", 0);
  if (checkpoints > 0 || seconds > 0) {
    soak(player, seed != 0 ? seed : of_the_time, checkpoints, seconds);
  } else if (seed != 0) {
    play_seed(player, seed);
  } else {
    const int length = scaled(checkpoints_of_a_sequence, 8);
    for (int i = 1; i <= scaled(2); i++)
      if (!play_seed(player, static_cast<std::uint64_t>(i), length)) return;
    std::cout << "# and one of the time, " << of_the_time << std::endl;
    play_seed(player, of_the_time, length);
  }
  player.print_counters();
}
