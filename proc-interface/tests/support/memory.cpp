// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <sstream>
#include <utility>

#include "test.h"

namespace test {
namespace {

using Words = std::array<std::uint64_t, page_size / sizeof(std::uint64_t)>;

Words contents(std::uint64_t seed) {
  Words words;
  std::uint64_t state = seed;
  for (std::uint64_t& word : words) {
    // splitmix64, made odd: no word is 0.
    state += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    word = (mixed ^ (mixed >> 27)) | 1;
  }
  return words;
}

/// Addresses that no area had before, not in a forked parent either.
std::uintptr_t fresh_addresses(std::size_t bytes) {
  static std::atomic<std::uintptr_t> next{std::uintptr_t{1} << 41};
  return next.fetch_add((bytes + 2 * huge_size - 1) / huge_size * huge_size);
}

std::uint64_t page_seed(std::uint64_t seed, std::size_t index) {
  return seed * 0x100000001b3 + index * 0x10001;
}

}  // namespace

std::string Range::text() const {
  std::ostringstream stream;
  stream << *this;
  return stream.str();
}

std::ostream& operator<<(std::ostream& stream, const Range& range) {
  return stream << std::hex << "0x" << range.start << "-0x" << range.end << std::dec;
}

Area::Area(std::size_t pages, int protection, int flags, int fd, off_t offset)
    : bytes_(pages * page_size) {
  void* memory = mmap(reinterpret_cast<void*>(fresh_addresses(bytes_)), bytes_, protection,
                      flags | MAP_FIXED_NOREPLACE, fd, offset);
  REQUIRE(memory != MAP_FAILED, "mmap of", pages, "pages:", std::strerror(errno));
  base_ = static_cast<unsigned char*>(memory);
  if (flags == anonymous) madvise(base_, bytes_, MADV_NOHUGEPAGE);
}

Area::Area(Area&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Area::~Area() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

Range Area::range(std::size_t first, std::size_t count) const {
  auto start = reinterpret_cast<std::uint64_t>(page(first));
  return {start, start + count * page_size};
}

void fill_page(void* page, std::uint64_t seed) {
  Words words = contents(seed);
  std::memcpy(page, words.data(), page_size);
}

void fill(const Area& area, std::uint64_t seed) {
  for (std::size_t i = 0; i < area.pages(); i++) fill_page(area.page(i), page_seed(seed, i));
}

void touch(void* page) {
  static std::atomic<std::uint64_t> next{1};
  std::uint64_t value = next++;
  std::memcpy(static_cast<char*>(page) + 1000, &value, sizeof value);
}

void touch(const Area& area) {
  for (std::size_t i = 0; i < area.pages(); i++) touch(area.page(i));
}

}  // namespace test
