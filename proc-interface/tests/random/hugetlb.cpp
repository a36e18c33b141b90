// SPDX-License-Identifier: GPL-2.0-or-later
// Memory in hugetlb pages, private and shared, which has a place of its own
// behind the arena: most calls take whole pages of it only.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

/// The first page of the hugetlb page that @operation means, if there are any.
std::size_t first_of(const World& world, const Operation& operation) {
  return world.size() + operation.a % world.huge_pages() * pages_per_huge;
}

std::span<Place> places(World& world, std::size_t first) {
  return std::span(world.model.places).subspan(first, pages_per_huge);
}

std::uint8_t protection_of(unsigned choice) {
  return choice % 8 == 0 ? PROT_NONE : choice % 8 == 1 ? PROT_READ : rw;
}

}  // namespace

OPERATION(map_hugetlb) {
  if (world.huge_pages() == 0) return false;
  const std::size_t first = first_of(world, operation);
  const std::size_t index = operation.c % world.huge_pages() * pages_per_huge;
  const unsigned choice = operation.d % 8;
  Place place{.hugetlb = true, .own = nullptr};
  place.protection = protection_of(operation.d / 8);
  unsigned char* to = world.page(first);
  if (choice == 0) {
    place = {};
    REQUIRE_CALL(munmap(to, huge_size));
  } else if (choice < 4) {
    place.backing = Backing::shared;
    place.object = Model::huge_object;
    place.index = static_cast<std::uint32_t>(index);
    REQUIRE(mmap(to, huge_size, place.protection, MAP_SHARED | MAP_FIXED, world.huge_memfd,
                 static_cast<off_t>(index * page_size)) != MAP_FAILED,
            std::strerror(errno));
  } else {
    place.backing = Backing::anonymous;
    REQUIRE(mmap(to, huge_size, place.protection, Area::anonymous | MAP_HUGETLB | MAP_FIXED, -1,
                 0) != MAP_FAILED,
            std::strerror(errno));
  }
  for (Place& page : places(world, first)) {
    page = place;
    place.index++;
  }
  return true;
}

OPERATION(move_hugetlb) {
  if (world.huge_pages() < 2) return false;
  const std::size_t from = first_of(world, operation);
  const std::size_t to = first_of(world, {.a = operation.a + 1});
  if (!world.model.places[from].mapped()) return false;
  REQUIRE(mremap(world.page(from), huge_size, huge_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                 world.page(to)) == world.page(to),
          std::strerror(errno));
  std::ranges::copy(places(world, from), places(world, to).begin());
  std::ranges::fill(places(world, from), Place{});
  return true;
}

OPERATION(protect_hugetlb) {
  if (world.huge_pages() == 0) return false;
  const std::size_t first = first_of(world, operation);
  if (!world.model.places[first].mapped()) return false;
  const std::uint8_t protection = protection_of(operation.d % 4);
  REQUIRE_CALL(mprotect(world.page(first), huge_size, protection));
  for (Place& page : places(world, first)) page.protection = protection;
  return true;
}

OPERATION(drop_hugetlb) {
  if (world.huge_pages() == 0) return false;
  const std::size_t first = first_of(world, operation);
  if (!world.model.places[first].mapped()) return false;
  REQUIRE_CALL(madvise(world.page(first), huge_size, MADV_DONTNEED));
  for (Place& page : places(world, first)) page.lose_page();
  return true;
}

// In all the ways in which other pages are written to.
OPERATION(write_hugetlb) {
  static constexpr decltype(&store) ways[] = {
      store,     fill_pages, store_bytes, store_zeros, look,    process_vm,   mem_file,    poke,
      splice_in, read_pipe,  read_file,   read_direct, receive, child_writes, vfork_writes};
  if (world.huge_pages() == 0) return false;
  Operation there = operation;
  there.a = static_cast<std::uint32_t>(world.size() +
                                       operation.a % (world.huge_pages() * pages_per_huge));
  return ways[operation.d % std::size(ways)](world, there);
}

// As by another process that has it mapped.
OPERATION(write_hugetlb_memfd) {
  if (world.huge_pages() == 0) return false;
  Object& object = world.model.shared[Model::huge_object];
  const std::size_t index = operation.c % object.size();
  const Area elsewhere(object.size(), rw, MAP_SHARED, world.huge_memfd);
  const std::size_t count = std::min<std::size_t>(operation.b, object.size() - index);
  const std::vector<std::byte> bytes = bytes_from(operation.d, count * page_size);
  std::memcpy(elsewhere.page(index), bytes.data(), bytes.size());
  for (std::size_t i = 0; i < count; i++)
    object[index + i] = changed(nullptr, 0, Bytes(bytes).subspan(i * page_size, page_size));
  return true;
}

OPERATION(punch_hugetlb_memfd) {
  if (world.huge_pages() == 0) return false;
  Object& object = world.model.shared[Model::huge_object];
  const std::size_t index = operation.c % world.huge_pages() * pages_per_huge;
  REQUIRE_CALL(fallocate(world.huge_memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         static_cast<off_t>(index * page_size), huge_size));
  std::fill_n(object.begin() + static_cast<std::ptrdiff_t>(index), pages_per_huge, nullptr);
  return true;
}

}  // namespace test::random
