// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/pagemap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/text.h"
#include "checkpoint/types.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

TEST(CountPages, TellsPresentSwappedAndChanged) {
  constexpr std::uint64_t present = 1ULL << 63;
  constexpr std::uint64_t swapped = 1ULL << 62;
  constexpr std::uint64_t dirty = 1ULL << 55;
  const std::uint64_t entries[] = {0, dirty, present, present | dirty, swapped | dirty, swapped};
  const TempDir dir;
  write_file(dir / "pagemap", std::as_bytes(std::span(entries)));
  EXPECT_EQ(count_pages(open_file(dir / "pagemap").get(), 0, sizeof(entries) / 8 * 4096),
            (PageCounts{.resident = 2, .swapped = 2, .changed = 2}));
  EXPECT_EQ(count_pages(open_file(dir / "pagemap").get(), 0x3000, 0x4000),
            (PageCounts{.resident = 1, .swapped = 0, .changed = 1}));
}

TEST(CountPages, OfALargeEmptyMappingIsQuick) {
  const std::uint64_t size = 1ULL << 36;
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(address, MAP_FAILED);
  ::madvise(address, size, MADV_NOHUGEPAGE);
  auto* bytes = static_cast<volatile char*>(address);
  for (const std::uint64_t at : {std::uint64_t{0}, size / 2, size - 1}) bytes[at] = 1;
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  EXPECT_EQ(count_pages(open_file("/proc/self/pagemap").get(), start, start + size).resident, 3U);
  ::munmap(address, size);
}

TEST(ForEachPopulated, TellsWhatIsThere) {
  constexpr std::uint64_t present = 1ULL << 63;
  constexpr std::uint64_t swapped = 1ULL << 62;
  constexpr std::uint64_t file = 1ULL << 61;
  const std::uint64_t entries[] = {0, present, 0, present | file, swapped};
  const TempDir dir;
  write_file(dir / "pagemap", std::as_bytes(std::span(entries)));
  std::string found;
  for_each_populated(open_file(dir / "pagemap").get(), 0, sizeof(entries) / 8 * 4096,
                     [&found](const PopulatedRange& range) {
                       found += str(range_text(range.start, range.end), ' ', range.present,
                                    range.swapped, range.of_file, '\n');
                     });
  EXPECT_EQ(found, "0x1000-0x2000 100\n0x3000-0x4000 101\n0x4000-0x5000 010\n");
}

TEST(ForEachPopulated, KnowsPagesOfFiles) {
  const TempDir dir;
  write_file(dir / "file", Bytes(3 * 4096, std::byte{1}));
  const UniqueFd fd(::open((dir / "file").c_str(), O_RDWR | O_CLOEXEC));
  void* address = ::mmap(nullptr, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd.get(), 0);
  ASSERT_NE(address, MAP_FAILED);
  auto* bytes = static_cast<volatile char*>(address);
  bytes[4096] = 2;
  static_cast<void>(bytes[0]);
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  std::vector<bool> of_file(3);
  for_each_populated(open_file("/proc/self/pagemap").get(), start, start + 3 * 4096,
                     [&](const PopulatedRange& range) {
                       for (auto at = range.start; at < range.end; at += 4096)
                         of_file[(at - start) / 4096] = range.of_file;
                     });
  ::munmap(address, 3 * 4096);
  EXPECT_TRUE(of_file[0]) << "read";
  EXPECT_FALSE(of_file[1]) << "written";
}

TEST(CountPages, AnErrorIsAnError) {
  EXPECT_THROW(count_pages(-1, 0, 4096), Error);
}

}  // namespace
}  // namespace checkpoint
