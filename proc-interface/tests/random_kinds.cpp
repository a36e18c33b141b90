// SPDX-License-Identifier: GPL-2.0-or-later
// Operations that never do anything test nothing: each kind of the random tests
// has an effect.  That is the same on every kernel that can do what it is about.
#include <string>

#include "random/operation.h"
#include "random/player.h"
#include "support/test.h"
#include "support/userfaultfd.h"

using namespace test;
using namespace test::random;

namespace {

/// Not with an older kernel.
bool possible(const Kind& kind) {
  const std::string name = kind.name;
  if (name == "write_protected") return Userfaultfd::offers(UFFD_FEATURE_WP_ASYNC);
  if (name == "fault_in_moved") return Userfaultfd::offers(UFFD_FEATURE_MOVE);
  return true;
}

}  // namespace

TEST_CASE(every_kind_of_operation_has_an_effect) {
  require_thorough();
  Player player;
  // As many as it takes, but those that never do anything test nothing.
  auto idle = [&] {
    std::string names;
    for (std::size_t i = 0; i < kinds().size(); i++)
      if (kinds()[i].weight > 0 && player.counters().performed[i] == 0 && possible(kinds()[i]))
        names += std::string(" ") + kinds()[i].name;
    return names;
  };
  std::size_t next = 0;
  for (std::uint64_t seed = 100; seed < 130 && !idle().empty(); seed++) {
    // A few of each kind that did nothing so far, behind others.
    Sequence sequence = make_sequence(seed, 2, Player::arena_pages);
    const Sequence more = make_sequence(seed + 1000, 200, Player::arena_pages);
    for (std::size_t kind = 0; kind < kinds().size(); kind++) {
      if (kinds()[kind].weight == 0 || player.counters().performed[kind] != 0) continue;
      for (int i = 0; i < 3; i++) {
        Operation operation = more[next++ % more.size()];
        operation.kind = kind;
        sequence.push_back(operation);
      }
    }
    if (!EXPECT(player.play(sequence), "seed", seed)) return player.explain(sequence);
  }
  EXPECT_EQ(idle(), "");
}
