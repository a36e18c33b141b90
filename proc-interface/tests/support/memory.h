// SPDX-License-Identifier: GPL-2.0-or-later
// Memory to checkpoint: mappings with an owner, contents that can't be mistaken.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace test {

inline constexpr std::size_t page_size = 4096;
inline constexpr std::size_t huge_size = 2 << 20;

/// [start, end): end is exclusive here; Checkpointer makes a command's END of it.
struct Range {
  std::uint64_t start = 0, end = 0;

  [[nodiscard]] std::uint64_t bytes() const { return end - start; }
  [[nodiscard]] std::uint64_t pages() const { return bytes() / page_size; }
  [[nodiscard]] bool contains(std::uint64_t address) const {
    return start <= address && address < end;
  }
  [[nodiscard]] std::string text() const;
  bool operator==(const Range&) const = default;
};
std::ostream& operator<<(std::ostream& stream, const Range& range);

/// A mapping that is unmapped at the end, whatever became of it meanwhile.
///
/// Each is at addresses of its own, from a multiple of the huge page size on, far below where the
/// kernel maps by itself: no range has the baseline of an earlier one, and nothing gets mapped into
/// a hole that a test makes.  Private memory is in small pages until the test asks for huge ones.
class Area {
 public:
  static constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

  explicit Area(std::size_t pages, int protection = PROT_READ | PROT_WRITE, int flags = anonymous,
                int fd = -1, off_t offset = 0);
  Area(Area&& other) noexcept;
  Area& operator=(Area&&) = delete;
  ~Area();

  [[nodiscard]] unsigned char* page(std::size_t index) const { return base_ + index * page_size; }
  [[nodiscard]] unsigned char* data() const { return base_; }
  [[nodiscard]] std::size_t pages() const { return bytes_ / page_size; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] Range range() const { return range(0, pages()); }
  [[nodiscard]] Range range(std::size_t first, std::size_t count) const;

 private:
  unsigned char* base_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Fills a page with words that depend on the seed and the place; none is 0.
void fill_page(void* page, std::uint64_t seed);
/// Every page, each with a seed of its own made from @seed.
void fill(const Area& area, std::uint64_t seed);
/// One word of a page; two calls never leave the same value.
void touch(void* page);
/// Every page.
void touch(const Area& area);

}  // namespace test
