// SPDX-License-Identifier: GPL-2.0-or-later
// What operations act on: the arena, its model, and the objects around it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>

#include "../support/ring.h"
#include "model.h"
#include "operation.h"
#include "surroundings.h"

namespace test::random {

class Checkpoints;

/// How often what happened; in memory that parent and child share.
struct Counters {
  static constexpr std::size_t most_kinds = 80;

  std::atomic<std::uint64_t> performed[most_kinds];
  std::atomic<std::uint64_t> operations, fulls, incs, refused, pages, merged;
  [[nodiscard]] std::uint64_t checkpoints() const { return fulls + incs; }
};

class World {
 public:
  /// Maps @pages at @base, with contents here and there, and leaves the memory
  /// of @huge_pages behind them free.  Without @checkpoints there are none:
  /// somebody else takes them.
  World(const Surroundings& around, Counters& counters, unsigned char* base, std::size_t pages,
        std::size_t huge_pages, bool checkpoints);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// Does it, and counts it.
  void perform(const Operation& operation);
  /// Ends what runs, and compares the whole of it for the last time.
  void finish();

  [[nodiscard]] unsigned char* page(std::size_t index) const { return base_ + index * page_size; }
  [[nodiscard]] Range range(std::size_t first, std::size_t count) const;
  /// Pages for any mapping; behind them are those for hugetlb.
  [[nodiscard]] std::size_t size() const { return model.ordinary(); }
  [[nodiscard]] std::size_t huge_pages() const { return (model.size() - size()) / pages_per_huge; }

  /// Tells the model of bytes that were written from @offset in page @first on.
  void wrote(std::size_t first, std::size_t offset, Bytes bytes);
  /// Reads memory that the process itself may not.
  void read_memory(std::size_t first, std::size_t count, std::byte* to) const;
  /// Whether the page that is there now is part of a larger one.
  [[nodiscard]] bool in_large_folio(std::size_t page) const;
  /// Compares the arena with the model.
  void expect_memory_is_as_modelled();

  Model model;
  const Surroundings& around;
  Counters& counters;
  int memfds[Model::memfds];
  int huge_memfd = -1;
  int file = -1;                ///< what is mapped privately
  int mem = -1;                 ///< /proc/self/mem
  int page_pipe[2] = {-1, -1};  ///< which has pages of the arena
  pid_t child = -1;
  std::unique_ptr<Ring> ring;
  std::size_t ring_page = 0, ring_pages = 0;  ///< where the buffer was registered
  std::unique_ptr<Checkpoints> checkpoints;

 private:
  void settle_freed(std::size_t page, std::size_t offset, Bytes bytes);

  unsigned char* base_;
};

}  // namespace test::random
