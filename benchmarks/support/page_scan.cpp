// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/page_scan.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace bench {
namespace {

// linux/fs.h, since Linux 6.7: newer than the headers of the oldest system that
// this is built on.
struct Arguments {
  std::uint64_t size, flags, start, end, walk_end, regions, regions_length, max_pages;
  std::uint64_t category_inverted, category_mask, category_any_of, return_mask;
};
struct Region {
  std::uint64_t start, end, categories;
};
constexpr std::uint64_t kProtectMatching = 1, kCheckAsync = 2;
constexpr std::uint64_t kWritten = 1 << 1, kPresent = 1 << 3, kSwapped = 1 << 4,
                        kSoftDirty = 1 << 7;
constexpr unsigned long kScan = _IOWR('f', 16, Arguments);

// Documentation/admin-guide/mm/pagemap.rst
constexpr std::uint64_t kEntryThere = std::uint64_t{3} << 62;
constexpr std::uint64_t kEntrySoftDirty = std::uint64_t{1} << 55;

constexpr std::uint64_t kPage = 4096;

Arguments arguments_for(Scan what) {
  Arguments arguments{};
  arguments.size = sizeof(arguments);
  switch (what) {
    case Scan::present:
      arguments.category_any_of = kPresent | kSwapped;
      arguments.return_mask = kPresent;
      break;
    case Scan::soft_dirty:
      arguments.category_mask = arguments.return_mask = kSoftDirty;
      break;
    case Scan::written_protect:
      // Exactly these: the kernel is quickest then.
      arguments.category_mask = arguments.return_mask = kWritten;
      arguments.flags = kProtectMatching | kCheckAsync;
      break;
  }
  return arguments;
}

}  // namespace

void scan_pages(int fd, Scan what, std::uint64_t start, std::uint64_t end, const EachRun& each) {
  std::vector<Region> regions(4096);
  Arguments arguments = arguments_for(what);
  arguments.end = end;
  arguments.regions = reinterpret_cast<std::uintptr_t>(regions.data());
  arguments.regions_length = regions.size();
  while (start < end) {
    arguments.start = start;
    const int found = ioctl(fd, kScan, &arguments);
    if (found < 0) throw std::system_error(errno, std::generic_category(), "PAGEMAP_SCAN");
    for (int n = 0; n < found; ++n)
      each(regions[static_cast<std::size_t>(n)].start, regions[static_cast<std::size_t>(n)].end);
    start = arguments.walk_end;
  }
}

void read_pages(int fd, Scan what, std::uint64_t start, std::uint64_t end, const EachRun& each) {
  const std::uint64_t wanted = what == Scan::soft_dirty ? kEntrySoftDirty : kEntryThere;
  std::vector<std::uint64_t> entries(8192);
  std::uint64_t run = 0;
  for (std::uint64_t page = start / kPage; page < end / kPage;) {
    const std::uint64_t want = std::min<std::uint64_t>(end / kPage - page, entries.size());
    const ssize_t got = pread(fd, entries.data(), want * sizeof(entries[0]),
                              static_cast<off_t>(page * sizeof(entries[0])));
    if (got <= 0) throw std::system_error(errno, std::generic_category(), "pagemap");
    const auto count = static_cast<std::uint64_t>(got) / sizeof(entries[0]);
    for (std::uint64_t n = 0; n < count; ++n) {
      const bool match = (entries[n] & kEntryThere) != 0 && (entries[n] & wanted) != 0;
      if (match && run == 0) run = (page + n) * kPage;
      if (match || run == 0) continue;
      each(run, (page + n) * kPage);
      run = 0;
    }
    page += count;
  }
  if (run != 0) each(run, end);
}

}  // namespace bench
