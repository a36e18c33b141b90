// SPDX-License-Identifier: GPL-2.0-or-later
// userfaultfd provides pages: no store and no fault of the process.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "checkpoints.h"
#include "operations.h"
#include "world.h"

// Not in the headers of every machine that the tests are built on.
#ifndef UFFDIO_MOVE
struct uffdio_move {
  __u64 dst, src, len, mode;
  __s64 move;
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

namespace test::random {
namespace {

constexpr std::size_t most_pages = 16;

/// A fresh mapping whose pages are missing, for as long as this lives.
class Missing {
 public:
  Missing(World& world, std::size_t first, std::size_t count)
      : range_(world.range(first, count)),
        fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK))) {
    if (fd_ < 0) SKIP(std::string("userfaultfd: ") + std::strerror(errno));
    constexpr int rw = PROT_READ | PROT_WRITE;
    REQUIRE(mmap(world.page(first), count * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0) !=
            MAP_FAILED);
    for (std::size_t i = 0; i < count; i++)
      world.model.places[first + i] = {
          .backing = Backing::anonymous, .protection = rw, .own = nullptr};
    uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
    REQUIRE_CALL(ioctl(fd_, UFFDIO_API, &api));
    uffdio_register request{
        .range = {range_.start, range_.bytes()}, .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
    REQUIRE_CALL(ioctl(fd_, UFFDIO_REGISTER, &request));
  }
  Missing(const Missing&) = delete;
  Missing& operator=(const Missing&) = delete;
  ~Missing() {
    uffdio_range range{range_.start, range_.bytes()};
    ioctl(fd_, UFFDIO_UNREGISTER, &range);
    close(fd_);
  }

  void copy(void* to, const void* from) const {
    uffdio_copy request{.dst = reinterpret_cast<std::uint64_t>(to),
                        .src = reinterpret_cast<std::uint64_t>(from),
                        .len = page_size,
                        .mode = 0,
                        .copy = 0};
    REQUIRE_CALL(ioctl(fd_, UFFDIO_COPY, &request));
  }
  void zero(void* to) const {
    uffdio_zeropage request{
        .range = {reinterpret_cast<std::uint64_t>(to), page_size}, .mode = 0, .zeropage = 0};
    REQUIRE_CALL(ioctl(fd_, UFFDIO_ZEROPAGE, &request));
  }
  /// False: a page that is pinned, shared, being written out, not there, ...
  [[nodiscard]] bool move(void* to, const void* from) const {
    uffdio_move request{.dst = reinterpret_cast<std::uint64_t>(to),
                        .src = reinterpret_cast<std::uint64_t>(from),
                        .len = page_size,
                        .mode = 0,
                        .move = 0};
    return ioctl(fd_, UFFDIO_MOVE, &request) == 0;
  }

 private:
  Range range_;
  int fd_;
};

std::size_t count_of(const World& world, const Operation& operation) {
  return std::min({std::size_t{operation.b}, most_pages, world.size() - operation.a});
}

}  // namespace

OPERATION(fault_in) {
  const std::size_t count = count_of(world, operation);
  const Missing missing(world, operation.a, count);
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
  count = world.model.run(operation.c, count,
                          [](const Place& place) { return place.anonymous() && place.writable(); });
  if (count == 0) return false;
  const Missing missing(world, operation.a, count);
  bool any = false;
  for (std::size_t i = 0; i < count; i++) {
    // The kernel tries to split a large folio until nobody else holds it.  io_uring
    // lets go of one only when this process returns from the kernel: never.
    if (world.in_large_folio(operation.c + i)) continue;
    if (!missing.move(world.page(operation.a + i), world.page(operation.c + i))) continue;
    any = true;
    Place& from = world.model.places[operation.c + i];
    world.model.places[operation.a + i] = from;
    from.own = nullptr;
    from.freed = false;
  }
  return any;
}

}  // namespace test::random
