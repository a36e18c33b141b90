// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/userfault.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "support/page_scan.h"

// Younger than the headers of some build machines.
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

namespace bench {
namespace {

void call(int fd, unsigned long request, void* argument) {
  if (ioctl(fd, request, argument) != 0)
    throw std::system_error(errno, std::generic_category(), "userfaultfd");
}

uffdio_range range_of(const Memory& memory) {
  return {reinterpret_cast<std::uint64_t>(memory.data()), memory.bytes()};
}

}  // namespace

Userfault::Userfault(const Memory& memory)
    : memory_(memory),
      fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))),
      pagemap_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {
  if (!fd_ || !pagemap_) throw std::system_error(errno, std::generic_category(), "userfaultfd");
  uffdio_api api{.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC, .ioctls = 0};
  call(fd_.get(), UFFDIO_API, &api);
  uffdio_register request{.range = range_of(memory), .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
  call(fd_.get(), UFFDIO_REGISTER, &request);
  protect();
}

Userfault::~Userfault() {
  uffdio_range range = range_of(memory_);
  ioctl(fd_.get(), UFFDIO_UNREGISTER, &range);
}

void Userfault::protect() const {
  uffdio_writeprotect request{.range = range_of(memory_), .mode = UFFDIO_WRITEPROTECT_MODE_WP};
  call(fd_.get(), UFFDIO_WRITEPROTECT, &request);
}

void Userfault::scan(std::size_t bytes,
                     const std::function<void(std::uint64_t, std::uint64_t)>& each) const {
  const auto start = reinterpret_cast<std::uint64_t>(memory_.data());
  scan_pages(pagemap_.get(), Scan::written_protect, start, start + bytes, each);
}

}  // namespace bench
