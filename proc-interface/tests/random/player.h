// SPDX-License-Identifier: GPL-2.0-or-later
// Plays sequences, each in a process and a directory of its own, and makes the
// most of those that fail.
#pragma once

#include <cstdint>
#include <string>

#include "operation.h"
#include "surroundings.h"
#include "world.h"

namespace test::random {

class Player {
 public:
  /// Three page tables: enough for huge pages, and for tables that move.
  static constexpr std::size_t arena_pages = 3 * pages_per_huge;
  /// Behind them, for hugetlb.
  static constexpr std::size_t huge_pages = 2;

  Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player();

  enum class Say : std::uint8_t { everything, nothing };
  /// Whether all was as the model says.  Skips the case where the machine lacks
  /// something.
  bool play(const Sequence& sequence, Say say = Say::everything);

  /// The shortest part of a sequence that fails, as far as one gets.
  Sequence shrink_failing(const Sequence& sequence);
  /// Shrinks and prints it, so that it can be played again.
  void explain(const Sequence& sequence);

  /// Of all sequences so far that were not played for nothing but their failure.
  [[nodiscard]] const Counters& counters() const { return *counters_; }
  /// What happened how often, as comments.
  void print_counters() const;

 private:
  [[noreturn]] void play_in_child(const Sequence& sequence, Say say);

  Surroundings around_;
  Counters* counters_;
  unsigned runs_ = 0;
};

/// A number in the environment, or @otherwise.
std::uint64_t setting(const char* name, std::uint64_t otherwise);

}  // namespace test::random
