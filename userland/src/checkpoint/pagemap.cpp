// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/pagemap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/types.h"

namespace checkpoint {
namespace {

// Documentation/admin-guide/mm/pagemap.rst
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kFile = std::uint64_t{1} << 61;
constexpr std::uint64_t kSoftDirty = std::uint64_t{1} << 55;

// PAGEMAP_SCAN of linux/fs.h, since Linux 6.7: newer than the headers of the
// oldest system that this is built on.
struct ScanArguments {
  std::uint64_t size, flags, start, end, walk_end, regions, regions_length, max_pages;
  std::uint64_t category_inverted, category_mask, category_any_of, return_mask;
};
struct ScanRegion {
  std::uint64_t start, end, categories;
};
constexpr std::uint64_t kScanFile = 1 << 2;
constexpr std::uint64_t kScanPresent = 1 << 3;
constexpr std::uint64_t kScanSwapped = 1 << 4;
constexpr std::uint64_t kScanSoftDirty = 1 << 7;
constexpr unsigned long kScan = _IOWR('f', 16, ScanArguments);

using Each = std::function<void(const PopulatedRange&)>;

/// Returns where the kernel refused to go on: @end unless it cannot do that.
std::uint64_t scan(int fd, std::uint64_t start, std::uint64_t end, const Each& each) {
  std::vector<ScanRegion> regions(1024);
  while (start < end) {
    ScanArguments arguments{};
    arguments.size = sizeof(arguments);
    arguments.start = start;
    arguments.end = end;
    arguments.regions = reinterpret_cast<std::uintptr_t>(regions.data());
    arguments.regions_length = regions.size();
    arguments.category_any_of = kScanPresent | kScanSwapped;
    arguments.return_mask = kScanPresent | kScanSwapped | kScanSoftDirty | kScanFile;
    const int found = ::ioctl(fd, kScan, &arguments);
    if (found < 0 && errno == EINTR) continue;
    if (found < 0 || arguments.walk_end <= start) return start;
    for (std::size_t n = 0; n < static_cast<std::size_t>(found); ++n) {
      const ScanRegion& region = regions.at(n);
      each({.start = region.start,
            .end = region.end,
            .present = (region.categories & kScanPresent) != 0,
            .swapped = (region.categories & kScanSwapped) != 0,
            .soft_dirty = (region.categories & kScanSoftDirty) != 0,
            .of_file = (region.categories & kScanFile) != 0});
    }
    start = arguments.walk_end;
  }
  return end;
}

void read_all(int fd, std::uint64_t page, std::uint64_t end, const Each& each) {
  std::vector<std::uint64_t> entries(65536);
  while (page < end) {
    const std::uint64_t want = std::min<std::uint64_t>(end - page, entries.size());
    const ssize_t got = ::pread(fd, entries.data(), want * sizeof(std::uint64_t),
                                static_cast<off_t>(page * sizeof(std::uint64_t)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_failure("", "read its pagemap");
    const std::uint64_t pages = static_cast<std::uint64_t>(got) / sizeof(std::uint64_t);
    if (pages == 0) break;  // above user space: vsyscall
    for (std::uint64_t n = 0; n < pages; ++n)
      if ((entries[n] & (kPresent | kSwapped)) != 0)
        each({.start = (page + n) * kPageSize,
              .end = (page + n + 1) * kPageSize,
              .present = (entries[n] & kPresent) != 0,
              .swapped = (entries[n] & kSwapped) != 0,
              .soft_dirty = (entries[n] & kSoftDirty) != 0,
              .of_file = (entries[n] & kFile) != 0});
    page += pages;
  }
}

}  // namespace

void for_each_populated(int fd, std::uint64_t start, std::uint64_t end, const Each& each) {
  start = scan(fd, start, end, each);
  if (start < end) read_all(fd, start / kPageSize, end / kPageSize, each);
}

PageCounts count_pages(int fd, std::uint64_t start, std::uint64_t end) {
  PageCounts counts;
  for_each_populated(fd, start, end, [&counts](const PopulatedRange& range) {
    const std::uint64_t pages = (range.end - range.start) / kPageSize;
    (range.present ? counts.resident : counts.swapped) += pages;
    if (range.soft_dirty) counts.changed += pages;
  });
  return counts;
}

}  // namespace checkpoint
