// SPDX-License-Identifier: GPL-2.0-or-later
#include "swap.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "maps.h"
#include "process.h"
#include "test.h"

namespace test {
namespace {

constexpr const char* zram = "/dev/zram0";
constexpr const char* disk_size = "/sys/block/zram0/disksize";

/// What mkswap writes: include/linux/swap.h, union swap_header.
void write_header(const std::string& device, std::size_t bytes) {
  std::vector<char> page(page_size);
  const std::uint32_t version = 1;
  const auto last_page = static_cast<std::uint32_t>(bytes / page_size - 1);
  std::memcpy(&page[1024], &version, sizeof version);
  std::memcpy(&page[1028], &last_page, sizeof last_page);
  std::memcpy(&page[page_size - 10], "SWAPSPACE2", 10);
  int fd = open(device.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0, device, std::strerror(errno));
  ssize_t written = write(fd, page.data(), page.size());
  fsync(fd);
  close(fd);
  REQUIRE_EQ(written, static_cast<ssize_t>(page.size()), device);
}

}  // namespace

Swap::Swap(std::size_t bytes) {
  if (slurp("/proc/swaps").find("zram0") != std::string::npos) return;
  if (!exists(disk_size)) SKIP("no zram to swap to");
  put("/sys/block/zram0/reset", "1");
  REQUIRE_EQ(put(disk_size, std::to_string(bytes)), 0, disk_size);
  device_ = zram;
  turn_on(bytes);
}

Swap::Swap(std::string device, std::size_t bytes) : device_(std::move(device)) {
  turn_on(bytes);
}

void Swap::turn_on(std::size_t bytes) {
  write_header(device_, bytes);
  REQUIRE(swapon(device_.c_str(), 0) == 0, std::strerror(errno));
}

Swap::~Swap() {
  if (device_.empty()) return;
  swapoff(device_.c_str());
  if (device_ == zram) put("/sys/block/zram0/reset", "1");
}

std::size_t page_out(const Range& range) {
  // What is on its way to a list in a batch of another processor stays, unless
  // that one does it.
  cpu_set_t before;
  REQUIRE_CALL(sched_getaffinity(0, sizeof before, &before));
  std::size_t swapped = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && swapped < range.pages(); cpu++) {
    if (!CPU_ISSET(cpu, &before)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE_CALL(sched_setaffinity(0, sizeof one, &one));
    REQUIRE_CALL(madvise(reinterpret_cast<void*>(range.start), range.bytes(), MADV_PAGEOUT));
    swapped = static_cast<std::size_t>(std::ranges::count_if(
        pagemap(range), [](const PageMapEntry& entry) { return entry.swapped(); }));
  }
  sched_setaffinity(0, sizeof before, &before);
  return swapped;
}

}  // namespace test
