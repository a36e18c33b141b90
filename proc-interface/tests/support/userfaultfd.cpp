// SPDX-License-Identifier: GPL-2.0-or-later
#include "userfaultfd.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "test.h"

namespace test {
namespace {

std::uint64_t address_of(const void* page) {
  return reinterpret_cast<std::uint64_t>(page);
}

// As in linux/userfaultfd.h of Linux 6.8.
struct move_request {
  std::uint64_t to, from, bytes, mode;
  std::int64_t moved;
};
constexpr unsigned long uffdio_move_call = _IOWR(UFFDIO, 0x05, move_request);

struct poison_request {
  uffdio_range range;
  std::uint64_t mode;
  std::int64_t updated;
};
constexpr unsigned long uffdio_poison_call = _IOWR(UFFDIO, 0x08, poison_request);

// As in Linux 7.3.
struct access_request {
  uffdio_range range;
  std::uint64_t mode;
};
constexpr unsigned long uffdio_rwprotect_call = _IOWR(UFFDIO, 0x09, access_request);

}  // namespace

Userfaultfd::Userfaultfd(const Range& range, std::uint64_t mode, std::uint64_t features)
    : range_(range), fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK))) {
  if (fd_ < 0) SKIP(std::string("userfaultfd: ") + std::strerror(errno));
  uffdio_api api{.api = UFFD_API, .features = features, .ioctls = 0};
  if (ioctl(fd_, UFFDIO_API, &api) != 0) SKIP("userfaultfd without this feature");
  uffdio_register request{.range = {range.start, range.bytes()}, .mode = mode, .ioctls = 0};
  if (ioctl(fd_, UFFDIO_REGISTER, &request) != 0) SKIP("this mode can't be registered");
}

bool Userfaultfd::offers(std::uint64_t features) {
  const int fd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
  uffdio_api api{.api = UFFD_API, .features = features, .ioctls = 0};
  const bool all = fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0;
  if (fd >= 0) close(fd);
  return all;
}

Userfaultfd::~Userfaultfd() {
  // Closing does so too, but not while a child has the descriptor.
  uffdio_range range{range_.start, range_.bytes()};
  ioctl(fd_, UFFDIO_UNREGISTER, &range);
  close(fd_);
}

void Userfaultfd::copy(void* to, const void* from) const {
  uffdio_copy request{
      .dst = address_of(to), .src = address_of(from), .len = page_size, .mode = 0, .copy = 0};
  REQUIRE(ioctl(fd_, UFFDIO_COPY, &request) == 0, std::strerror(errno));
}

void Userfaultfd::copy_in(void* page, std::uint64_t seed) const {
  unsigned char source[page_size];
  fill_page(source, seed);
  copy(page, source);
}

void Userfaultfd::zero(void* page) const {
  uffdio_zeropage request{.range = {address_of(page), page_size}, .mode = 0, .zeropage = 0};
  REQUIRE(ioctl(fd_, UFFDIO_ZEROPAGE, &request) == 0, std::strerror(errno));
}

void Userfaultfd::protect(const Range& range, bool on) const {
  uffdio_writeprotect request{.range = {range.start, range.bytes()},
                              .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0u};
  REQUIRE(ioctl(fd_, UFFDIO_WRITEPROTECT, &request) == 0, std::strerror(errno));
}

void Userfaultfd::forbid(const Range& range, bool on) const {
  access_request request{.range = {range.start, range.bytes()}, .mode = on ? 1u : 0u};
  REQUIRE(ioctl(fd_, uffdio_rwprotect_call, &request) == 0, std::strerror(errno));
}

void Userfaultfd::proceed(void* page) const {
  uffdio_continue request{.range = {address_of(page), page_size}, .mode = 0, .mapped = 0};
  REQUIRE(ioctl(fd_, UFFDIO_CONTINUE, &request) == 0, std::strerror(errno));
}

void Userfaultfd::poison(void* page) const {
  poison_request request{.range = {address_of(page), page_size}, .mode = 0, .updated = 0};
  REQUIRE(ioctl(fd_, uffdio_poison_call, &request) == 0, std::strerror(errno));
}

int Userfaultfd::move(void* to, void* from, std::size_t bytes) const {
  move_request request{
      .to = address_of(to), .from = address_of(from), .bytes = bytes, .mode = 0, .moved = 0};
  return ioctl(fd_, uffdio_move_call, &request) == 0 ? 0 : errno;
}

}  // namespace test
