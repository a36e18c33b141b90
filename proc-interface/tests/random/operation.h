// SPDX-License-Identifier: GPL-2.0-or-later
// An operation on the arena, as data: a sequence of them can be made from a
// seed, printed, read again and cut down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace test::random {

class World;

/// What an operation does follows from these, the model, and nothing else.
struct Operation {
  std::size_t kind = 0;  ///< index into kinds()
  std::uint32_t a = 0;   ///< page
  std::uint32_t b = 0;   ///< how many pages
  std::uint32_t c = 0;   ///< another page, or an offset
  std::uint32_t d = 0;   ///< contents and choices

  bool operator==(const Operation&) const = default;
};
using Sequence = std::vector<Operation>;

enum class Group : std::uint8_t {
  memory,      ///< any thread, within pages of its own
  alone,       ///< has an effect on the whole process
  checkpoint,  ///< takes one, or fails to
  planted,     ///< a mistake, for tests of the test: never chosen
};

struct Kind {
  const char* name;
  /// False when it could not be done here and nothing happened.
  bool (*perform)(World&, const Operation&);
  Group group;
  unsigned weight;
};

const std::vector<Kind>& kinds();
std::size_t kind_named(std::string_view name);

/// "fill 3 8 0 77; inc 0 0 0 0": the words after the name are a to d.
std::string text(const Operation& operation);
std::string text(const Sequence& sequence);
/// Lines or semicolons between the operations; # starts a comment.
Sequence parse(std::string_view text);

/// Operations with checkpoints in between, so many of these.
Sequence make_sequence(std::uint64_t seed, std::size_t checkpoints, std::size_t pages);
/// Operations for one thread of many.
Sequence make_thread_sequence(std::uint64_t seed, std::size_t operations, std::size_t pages);

}  // namespace test::random
