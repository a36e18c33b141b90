// SPDX-License-Identifier: GPL-2.0-or-later
// The memfds and the file that are mapped change, but not through the arena.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

/// Bytes from somewhere in a page on, over several pages.
void write_object(int fd, Object& object, const Operation& operation) {
  std::size_t index = operation.c % object.size(), offset = operation.a * 41 % page_size;
  const std::size_t room = (object.size() - index) * page_size - offset;
  const std::vector<std::byte> all =
      bytes_from(operation.d, std::min(room, 1 + operation.d % (4 * page_size)));
  REQUIRE_EQ(pwrite(fd, all.data(), all.size(), static_cast<off_t>(index * page_size + offset)),
             static_cast<ssize_t>(all.size()), std::strerror(errno));
  for (Bytes bytes = all; !bytes.empty(); index++, offset = 0) {
    const Bytes part = bytes.first(std::min(bytes.size(), page_size - offset));
    object[index] = changed(object[index], offset, part);
    bytes = bytes.subspan(part.size());
  }
}

/// It ends within a page for a moment, and is as long as before again.
std::size_t cut(int fd, Object& object, const Operation& operation) {
  const std::size_t index = operation.c % object.size(), offset = operation.d % 3 * 1001;
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(index * page_size + offset)));
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(object.size() * page_size)));
  const std::vector<std::byte> zeros(page_size - offset);
  object[index] = changed(object[index], offset, zeros);
  const std::size_t first_gone = index + (offset != 0);
  std::fill(object.begin() + static_cast<std::ptrdiff_t>(first_gone), object.end(), nullptr);
  return first_gone;
}

}  // namespace

OPERATION(write_memfd) {
  const std::size_t which = operation.d % Model::memfds;
  write_object(world.memfds[which], world.model.shared[which], operation);
  return true;
}

OPERATION(punch_memfd) {
  const std::size_t which = operation.d % Model::memfds;
  Object& object = world.model.shared[which];
  const std::size_t index = operation.c % object.size();
  const std::size_t count = std::min<std::size_t>(operation.b, object.size() - index);
  REQUIRE_CALL(fallocate(world.memfds[which], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         static_cast<off_t>(index * page_size),
                         static_cast<off_t>(count * page_size)));
  std::fill_n(object.begin() + static_cast<std::ptrdiff_t>(index), count, nullptr);
  return true;
}

OPERATION(truncate_memfd) {
  const std::size_t which = operation.d % Model::memfds;
  cut(world.memfds[which], world.model.shared[which], operation);
  return true;
}

OPERATION(write_mapped_file) {
  write_object(world.file, world.model.file, operation);
  return true;
}

// Takes the pages that were copied, too.
OPERATION(truncate_mapped_file) {
  const std::size_t gone = cut(world.file, world.model.file, operation);
  for (Place& place : world.model.places) {
    if (place.backing == Backing::file && place.index >= gone) place.lose_page();
  }
  return true;
}

}  // namespace test::random
