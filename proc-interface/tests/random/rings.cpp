// SPDX-License-Identifier: GPL-2.0-or-later
// A buffer registered with io_uring: the kernel writes to the pages that were
// there, wherever they are now.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {

OPERATION(ring_register) {
  if (world.ring) return false;
  const std::size_t count =
      world.model.run(operation.a, std::min(operation.b, 8U),
                      [](const Place& place) { return place.is_private() && place.writable(); });
  if (count == 0) return false;
  world.ring = std::make_unique<Ring>(world.page(operation.a), count * page_size);
  world.ring_page = operation.a;
  world.ring_pages = count;
  for (std::size_t i = 0; i < count; i++) {
    world.model.make_own(operation.a + i);
    world.model.places[operation.a + i].pin = static_cast<std::int16_t>(i);
  }
  return true;
}

OPERATION(ring_read) {
  if (!world.ring) return false;
  const std::size_t first = operation.c % world.ring_pages;
  const std::size_t count = std::min<std::size_t>(1 + operation.d % 3, world.ring_pages - first);
  const std::size_t from = operation.a % (Surroundings::source_pages - count);
  REQUIRE_EQ(world.ring->read_fixed(world.around.source(), world.page(world.ring_page + first),
                                    static_cast<unsigned>(count * page_size), from * page_size),
             static_cast<int>(count * page_size));
  bool any = false;
  for (std::size_t page = 0; page < world.size(); page++) {
    const int pin = world.model.places[page].pin;
    const std::size_t index = static_cast<std::size_t>(pin) - first;
    if (pin < 0 || index >= count) continue;
    any = true;
    const bool freed = world.model.places[page].freed;
    world.wrote(page, 0,
                Bytes(world.around.source_bytes()).subspan((from + index) * page_size, page_size));
    // The page table does not know that it was written to.
    world.model.places[page].freed = freed;
  }
  return any;
}

OPERATION(ring_close) {
  (void)operation;
  if (!world.ring) return false;
  world.ring.reset();
  for (Place& place : world.model.places) place.pin = -1;
  return true;
}

}  // namespace test::random
