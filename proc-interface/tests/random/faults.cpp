// SPDX-License-Identifier: GPL-2.0-or-later
// userfaultfd provides pages: no store and no fault of the process.
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "../support/userfaultfd.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

constexpr std::size_t most_pages = 16;

/// A fresh mapping, all of whose pages are missing.
Range fresh(World& world, std::size_t first, std::size_t count) {
  constexpr int rw = PROT_READ | PROT_WRITE;
  REQUIRE(mmap(world.page(first), count * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0) !=
              MAP_FAILED,
          std::strerror(errno));
  for (std::size_t i = 0; i < count; i++)
    world.model.places[first + i] = {
        .backing = Backing::anonymous, .protection = rw, .own = nullptr};
  return world.range(first, count);
}

std::size_t count_of(const World& world, const Operation& operation) {
  return std::min({std::size_t{operation.b}, most_pages, world.size() - operation.a});
}

}  // namespace

OPERATION(fault_in) {
  const std::size_t count = count_of(world, operation);
  const Userfaultfd missing(fresh(world, operation.a, count), UFFDIO_REGISTER_MODE_MISSING);
  const std::vector<std::byte> bytes = bytes_from(operation.d, count * page_size);
  for (std::size_t i = 0; i < count; i++) {
    unsigned char* page = world.page(operation.a + i);
    switch ((operation.d + i) % 3) {
      case 0:
        missing.copy(page, &bytes[i * page_size]);
        world.wrote(operation.a + i, 0, Bytes(bytes).subspan(i * page_size, page_size));
        break;
      case 1:
        missing.zero(page);
        break;
    }
  }
  return true;
}

OPERATION(fault_in_moved) {
  std::size_t count = count_of(world, operation);
  if (operation.c < operation.a + count && operation.a < operation.c + count) return false;
  count = world.model.run(operation.c, count, &Place::writable_anonymous);
  if (count == 0) return false;
  const Userfaultfd missing(fresh(world, operation.a, count), UFFDIO_REGISTER_MODE_MISSING);
  bool any = false;
  for (std::size_t i = 0; i < count; i++) {
    // The kernel tries to split a large folio until nobody else holds it.  io_uring
    // lets go of one only when this process returns from the kernel: never.
    if (world.in_large_folio(operation.c + i)) continue;
    // Not a page that is pinned, shared, being written out, not there, ...
    if (missing.move(world.page(operation.a + i), world.page(operation.c + i)) != 0) continue;
    any = true;
    Place& from = world.model.places[operation.c + i];
    world.model.places[operation.a + i] = from;
    from.own = nullptr;
    from.freed = false;
  }
  return any;
}

// Writes that userfaultfd is told of afterwards: protection that is not ours.
OPERATION(write_protected) {
  static const bool possible = Userfaultfd::offers(UFFD_FEATURE_WP_ASYNC);
  if (!possible) return false;
  const std::size_t count = world.model.run(
      operation.a, std::min<std::size_t>(operation.b, most_pages), &Place::writable_anonymous);
  if (count == 0) return false;
  const Userfaultfd handler(world.range(operation.a, count), UFFDIO_REGISTER_MODE_WP,
                            UFFD_FEATURE_WP_ASYNC);
  handler.protect(world.range(operation.a, count), true);
  for (std::size_t i = operation.d % 2; i < count; i += 1 + operation.d % 3) {
    const std::vector<std::byte> bytes = bytes_from(operation.d + i, page_size);
    std::memcpy(world.page(operation.a + i), bytes.data(), page_size);
    world.wrote(operation.a + i, 0, bytes);
  }
  return true;
}

}  // namespace test::random
