// SPDX-License-Identifier: GPL-2.0-or-later
// The process itself writes, and reads.
#include <cstring>

#include "operations.h"
#include "world.h"

namespace test::random {

OPERATION(store) {
  if (!world.model.places[operation.a].writable()) return false;
  const std::size_t offset = operation.c % 512 * 8;
  const std::uint64_t value = (operation.d + 1) * 0x9e3779b97f4a7c15;
  *reinterpret_cast<volatile std::uint64_t*>(world.page(operation.a) + offset) = value;
  world.wrote(operation.a, offset, std::as_bytes(std::span(&value, 1)));
  return true;
}

OPERATION(fill_pages) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable);
  const std::vector<std::byte> bytes = bytes_from(operation.d, count * page_size);
  std::memcpy(world.page(operation.a), bytes.data(), bytes.size());
  world.wrote(operation.a, 0, bytes);
  return count > 0;
}

OPERATION(store_bytes) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable);
  if (count == 0) return false;
  const std::size_t offset = operation.c * 37 % page_size;
  const std::vector<std::byte> bytes =
      bytes_from(operation.d, 1 + operation.d % (count * page_size - offset));
  std::memcpy(world.page(operation.a) + offset, bytes.data(), bytes.size());
  world.wrote(operation.a, offset, bytes);
  return true;
}

OPERATION(store_zeros) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable);
  std::memset(world.page(operation.a), 0, count * page_size);
  world.wrote(operation.a, 0, std::vector<std::byte>(count * page_size));
  return count > 0;
}

OPERATION(look) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::readable);
  for (std::size_t i = 0; i < count; i++)
    (void)*static_cast<volatile unsigned char*>(world.page(operation.a + i));
  return count > 0;
}

}  // namespace test::random
