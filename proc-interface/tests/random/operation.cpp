// SPDX-License-Identifier: GPL-2.0-or-later
#include "operation.h"

#include <algorithm>
#include <random>
#include <sstream>

#include "../support/test.h"
#include "operations.h"

namespace test::random {
namespace {

#define KIND(function, group, weight) \
  { #function, function, Group::group, weight }

// The weights: what is cheap and changes a few pages, most often.
const std::vector<Kind> table = {
    KIND(store, memory, 40),
    KIND(fill_pages, memory, 20),
    KIND(store_bytes, memory, 10),
    KIND(store_zeros, memory, 5),
    KIND(look, memory, 10),

    KIND(process_vm, memory, 6),
    KIND(mem_file, memory, 10),
    KIND(poke, memory, 3),
    KIND(splice_in, memory, 4),
    KIND(splice_out, memory, 4),
    KIND(read_pipe, memory, 6),
    KIND(read_file, memory, 4),
    KIND(read_direct, memory, 6),
    KIND(receive, memory, 4),

    KIND(unmap, memory, 6),
    KIND(map_anonymous, memory, 14),
    KIND(map_shared, memory, 6),
    KIND(map_file, memory, 6),
    KIND(map_huge, memory, 4),
    KIND(move, memory, 14),
    KIND(move_tables, memory, 5),
    KIND(move_and_keep, memory, 6),
    KIND(shrink, memory, 5),
    KIND(grow, memory, 8),
    KIND(grow_down, memory, 2),
    KIND(protect, memory, 14),

    KIND(map_hugetlb, memory, 5),
    KIND(move_hugetlb, memory, 2),
    KIND(protect_hugetlb, memory, 2),
    KIND(drop_hugetlb, memory, 2),
    KIND(write_hugetlb, memory, 12),
    KIND(write_hugetlb_memfd, memory, 3),
    KIND(punch_hugetlb_memfd, memory, 2),

    KIND(write_memfd, memory, 5),
    KIND(punch_memfd, memory, 3),
    KIND(truncate_memfd, memory, 3),
    KIND(write_mapped_file, memory, 4),
    KIND(truncate_mapped_file, memory, 3),

    KIND(drop, memory, 10),
    KIND(free_lazily, memory, 8),
    KIND(page_out_pages, memory, 10),
    KIND(cool, memory, 3),
    KIND(huge_or_not, memory, 5),
    KIND(collapse, memory, 4),
    KIND(populate_read, memory, 4),
    KIND(populate_write, memory, 5),
    KIND(lock, memory, 3),
    KIND(unlock, memory, 3),
    KIND(merge, memory, 3),
    KIND(unmerge, memory, 3),
    KIND(wipe_on_fork, memory, 2),
    KIND(soft_offline, alone, 2),
    KIND(compact, alone, 1),
    KIND(swap_off_or_on, alone, 1),

    KIND(fault_in, memory, 5),
    KIND(fault_in_moved, memory, 5),
    KIND(write_protected, memory, 5),

    KIND(child_writes, memory, 2),
    KIND(vfork_writes, memory, 2),
    KIND(child_stays, memory, 3),

    KIND(ring_register, memory, 4),
    KIND(ring_read, memory, 10),
    KIND(ring_close, memory, 2),

    KIND(full, checkpoint, 6),
    KIND(inc, checkpoint, 60),
    KIND(inc_again, checkpoint, 6),
    KIND(inc_exists, checkpoint, 3),
    KIND(inc_limited, checkpoint, 5),
    KIND(inc_no_space, checkpoint, 5),
    KIND(inc_full_device, checkpoint, 4),
    KIND(inc_killed, checkpoint, 4),
    KIND(stream_begin, checkpoint, 12),
    KIND(stream_end, checkpoint, 25),
    KIND(clear_refs, checkpoint, 1),
    KIND(forget, checkpoint, 1),
    KIND(compare_memory, checkpoint, 4),

    KIND(untold_store, planted, 0),
    KIND(unapplied_page, planted, 0),
};

/// Numbers that are the same with every library: no std::*_distribution.
class Choices {
 public:
  Choices(std::uint64_t seed, std::size_t pages)
      : random_(seed), pages_(static_cast<std::uint32_t>(pages)) {
    for (std::uint32_t& place : favourites_) place = below(pages_);
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  /// Half of the time near the same few places, so that operations meet.
  std::uint32_t page() {
    if (below(2) == 0) return below(pages_);
    return std::min(favourites_[below(std::size(favourites_))] + below(24), pages_ - 1);
  }

  std::uint32_t count() {
    std::uint32_t how = below(20);
    return 1 + below(how < 14 ? 8 : how < 19 ? 64 : 600);
  }

  Operation operation(bool (*eligible)(const Kind&)) {
    unsigned sum = 0;
    for (const Kind& kind : table)
      if (eligible(kind)) sum += kind.weight;
    unsigned left = below(sum);
    std::size_t chosen = 0;
    while (!eligible(table[chosen]) || left >= table[chosen].weight) {
      if (eligible(table[chosen])) left -= table[chosen].weight;
      chosen++;
    }
    Operation made;
    made.kind = chosen;
    made.a = page();
    made.b = count();
    made.c = page();
    made.d = below(1000000);
    return made;
  }

 private:
  std::mt19937_64 random_;
  std::uint32_t pages_;
  std::uint32_t favourites_[6];
};

}  // namespace

const std::vector<Kind>& kinds() {
  return table;
}

std::size_t kind_named(std::string_view name) {
  auto found = std::ranges::find_if(table, [&](const Kind& kind) { return name == kind.name; });
  REQUIRE(found != table.end(), "no operation is called", name);
  return static_cast<std::size_t>(found - table.begin());
}

std::string text(const Operation& operation) {
  std::ostringstream stream;
  stream << table[operation.kind].name << ' ' << operation.a << ' ' << operation.b << ' '
         << operation.c << ' ' << operation.d;
  return stream.str();
}

std::string text(const Sequence& sequence) {
  std::string all;
  for (const Operation& operation : sequence) all += (all.empty() ? "" : "; ") + text(operation);
  return all;
}

Sequence parse(std::string_view text) {
  Sequence sequence;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line.substr(0, line.find('#')));
    for (std::string part; std::getline(parts, part, ';');) {
      std::istringstream words(part);
      std::string name;
      if (!(words >> name)) continue;
      Operation read;
      read.kind = kind_named(name);
      REQUIRE(words >> read.a >> read.b >> read.c >> read.d, "four numbers after", name);
      sequence.push_back(read);
    }
  }
  return sequence;
}

Sequence make_sequence(std::uint64_t seed, std::size_t checkpoints, std::size_t pages) {
  Choices choices(seed, pages);
  Sequence sequence;
  for (std::size_t i = 0; i < checkpoints; i++) {
    for (std::uint32_t left = choices.below(10); left > 0; left--)
      sequence.push_back(choices.operation([](const Kind& kind) {
        return kind.group == Group::memory || kind.group == Group::alone;
      }));
    sequence.push_back(
        choices.operation([](const Kind& kind) { return kind.group == Group::checkpoint; }));
  }
  return sequence;
}

Sequence make_thread_sequence(std::uint64_t seed, std::size_t operations, std::size_t pages) {
  Choices choices(seed, pages);
  Sequence sequence;
  while (sequence.size() < operations)
    sequence.push_back(
        choices.operation([](const Kind& kind) { return kind.group == Group::memory; }));
  return sequence;
}

}  // namespace test::random
