// SPDX-License-Identifier: GPL-2.0-or-later
// Memory is mapped, unmapped, moved and protected.
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/maps.h"
#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

std::size_t count_of(const World& world, const Operation& operation) {
  return std::min<std::size_t>(operation.b, world.size() - operation.a);
}

int protection_of(const Operation& operation) {
  switch (operation.d % 8) {
    case 0:
      return PROT_NONE;
    case 1:
      return PROT_READ;
    default:
      return rw;
  }
}

void map(World& world, std::size_t first, std::size_t count, int protection, int flags, int fd = -1,
         std::size_t index = 0) {
  REQUIRE(mmap(world.page(first), count * page_size, protection, flags | MAP_FIXED, fd,
               static_cast<off_t>(index * page_size)) != MAP_FAILED,
          std::strerror(errno));
}

/// Places of a new mapping, all as @first with the index going on.
void set_places(World& world, std::size_t page, std::size_t count, Place first) {
  for (std::size_t i = 0; i < count; i++, first.index++) world.model.places[page + i] = first;
}

bool map_object(World& world, const Operation& operation, Place first, int flags, int fd) {
  first.index = operation.c % Model::object_pages;
  first.protection = static_cast<std::uint8_t>(protection_of(operation));
  const std::size_t count =
      std::min<std::size_t>(count_of(world, operation), Model::object_pages - first.index);
  map(world, operation.a, count, first.protection, flags, fd, first.index);
  set_places(world, operation.a, count, first);
  return true;
}

bool move_pages(World& world, std::size_t from, std::size_t to, std::size_t count, int flags) {
  count = std::min({count, world.size() - from, world.size() - to});
  if (from < to) count = std::min(count, to - from);
  if (to < from) count = std::min(count, from - to);
  count = world.model.run(from, from == to ? 0 : count, &Place::mapped);
  if (count == 0) return false;
  // Only what is one mapping can move; how they are merged is the kernel's to know.
  count = mappings_in(0, world.range(from, count)).at(0).range.pages();
  REQUIRE(mremap(world.page(from), count * page_size, count * page_size,
                 MREMAP_MAYMOVE | MREMAP_FIXED | flags, world.page(to)) == world.page(to),
          std::strerror(errno));
  for (std::size_t i = 0; i < count; i++) {
    Place& old = world.model.places[from + i];
    world.model.places[to + i] = old;
    if ((flags & MREMAP_DONTUNMAP) != 0)
      old.lose_page();
    else
      old = {};
  }
  return true;
}

}  // namespace

OPERATION(unmap) {
  const std::size_t count = count_of(world, operation);
  REQUIRE_CALL(munmap(world.page(operation.a), count * page_size));
  set_places(world, operation.a, count, {});
  return true;
}

OPERATION(map_anonymous) {
  const std::size_t count = count_of(world, operation);
  Place place{.backing = Backing::anonymous, .own = nullptr};
  place.protection = static_cast<std::uint8_t>(protection_of(operation));
  map(world, operation.a, count, place.protection, Area::anonymous);
  set_places(world, operation.a, count, place);
  return true;
}

OPERATION(map_shared) {
  Place place{.backing = Backing::shared, .own = nullptr};
  place.object = operation.d / 8 % Model::memfds;
  return map_object(world, operation, place, MAP_SHARED, world.memfds[place.object]);
}

OPERATION(map_file) {
  return map_object(world, operation, {.backing = Backing::file, .own = nullptr}, MAP_PRIVATE,
                    world.file);
}

// A huge page, if the kernel has one.
OPERATION(map_huge) {
  const std::size_t first = operation.a / pages_per_huge * pages_per_huge;
  const std::size_t count = std::min(pages_per_huge, world.size() - first);
  map(world, first, count, rw, Area::anonymous);
  madvise(world.page(first), count * page_size, MADV_HUGEPAGE);
  set_places(world, first, count,
             {.backing = Backing::anonymous, .protection = rw, .own = nullptr});
  const std::vector<std::byte> bytes = bytes_from(operation.d, count * page_size);
  std::memcpy(world.page(first), bytes.data(), bytes.size());
  world.wrote(first, 0, bytes);
  return count == pages_per_huge;
}

OPERATION(move) {
  return move_pages(world, operation.a, operation.c, operation.b, 0);
}

// So that mremap() could move page tables as they are.
OPERATION(move_tables) {
  const std::size_t tables = world.size() / pages_per_huge;
  if (tables < 2) return false;
  const std::size_t from = operation.a % tables, to = operation.c % tables;
  const int flags = operation.d % 4 == 0 ? MREMAP_DONTUNMAP : 0;
  return move_pages(world, from * pages_per_huge, to * pages_per_huge, pages_per_huge, flags);
}

OPERATION(move_and_keep) {
  return move_pages(world, operation.a, operation.c, operation.b, MREMAP_DONTUNMAP);
}

OPERATION(shrink) {
  std::size_t count = world.model.run(operation.a, operation.b, &Place::mapped);
  if (count == 0) return false;
  count = mappings_in(0, world.range(operation.a, count)).at(0).range.pages();
  const std::size_t left = 1 + operation.d % count;
  REQUIRE_CALL(reinterpret_cast<std::intptr_t>(
      mremap(world.page(operation.a), count * page_size, left * page_size, 0)));
  set_places(world, operation.a + left, count - left, {});
  return left < count;
}

// In place, into a hole.
OPERATION(grow) {
  const std::size_t most = world.size() - operation.a;
  const std::size_t mapped = world.model.run(operation.a, most, &Place::mapped);
  if (mapped == 0) return false;
  const std::size_t last = operation.a + mapped - 1;
  if (last + 1 == world.size()) return false;
  const std::size_t room = world.model.run(last + 1, std::min<std::size_t>(operation.b, most),
                                           [](const Place& place) { return !place.mapped(); });
  if (room == 0 || !world.model.places[last].anonymous()) return false;
  REQUIRE(mremap(world.page(last), page_size, (1 + room) * page_size, 0) == world.page(last),
          std::strerror(errno));
  set_places(world, last + 1, room,
             {.backing = Backing::anonymous,
              .protection = world.model.places[last].protection,
              .own = nullptr});
  return true;
}

// As a stack does.  The kernel leaves a gap to what is below.
OPERATION(grow_down) {
  constexpr std::size_t gap = 256;
  const std::size_t more = 1 + operation.d % 8;
  if (operation.a < gap + more) return false;
  const std::size_t count = count_of(world, operation);
  const std::size_t hole = operation.a - gap - more, first = operation.a - more;
  REQUIRE_CALL(munmap(world.page(hole), (gap + more) * page_size));
  set_places(world, hole, gap, {});
  map(world, operation.a, count, rw, Area::anonymous | MAP_GROWSDOWN);
  const std::vector<std::byte> bytes = bytes_from(operation.d, page_size);
  std::memcpy(world.page(first), bytes.data(), page_size);
  set_places(world, first, more + count,
             {.backing = Backing::anonymous, .protection = rw, .own = nullptr});
  world.wrote(first, 0, bytes);
  return true;
}

OPERATION(protect) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::mapped);
  if (count == 0) return false;
  // Some end with the pages writable again.
  const int protection = protection_of({.d = operation.d % 4});
  REQUIRE_CALL(mprotect(world.page(operation.a), count * page_size, protection));
  for (std::size_t i = 0; i < count; i++)
    world.model.places[operation.a + i].protection = static_cast<std::uint8_t>(protection);
  return true;
}

}  // namespace test::random
