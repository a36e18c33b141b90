// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t kHuge = 2 << 20;
constexpr std::uint64_t kAll = 1'000'000;
constexpr std::size_t kCluster = 64;

std::system_error failure(const char* what) {
  return {errno, std::generic_category(), what};
}

void store(std::byte* page, std::uint64_t value) {
  std::memcpy(page + 64, &value, sizeof(value));
}

}  // namespace

std::uint64_t mix(std::uint64_t value, std::uint64_t seed) {
  std::uint64_t z = value * 0x9e3779b97f4a7c15 + seed * 0xd1342543de82ef95;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Memory::Memory(std::size_t bytes, std::size_t spacing, bool huge)
    : bytes_(bytes), spacing_(spacing) {
  void* all =
      mmap(nullptr, bytes + kHuge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) throw failure("mmap");
  const auto address = (reinterpret_cast<std::uintptr_t>(all) + kHuge - 1) & ~(kHuge - 1);
  void* data = mmap(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (data == MAP_FAILED) throw failure("mmap");
  // What is before and behind it stays, so that nothing else becomes a neighbour.
  if (madvise(data, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0) throw failure("madvise");
  data_ = static_cast<std::byte*>(data);

  std::vector<std::uint64_t> noise(2 * kPage / sizeof(std::uint64_t));
  for (std::size_t n = 0; n < noise.size(); ++n) noise[n] = mix(n, 1);
  for (std::size_t page = 0; page < pages(); page += spacing_) {
    std::memcpy(data_ + page * kPage, &noise[page % (kPage / sizeof(noise[0]))], kPage);
    store(data_ + page * kPage, page);
  }
}

Memory::~Memory() {
  munmap(data_, bytes_);
}

std::size_t Memory::resident() const {
  return (pages() + spacing_ - 1) / spacing_ * kPage;
}

void Memory::for_each_run(const std::function<void(const std::byte*, std::size_t)>& each) const {
  if (spacing_ == 1) return each(data_, bytes_);
  for (std::size_t page = 0; page < pages(); page += spacing_) each(data_ + page * kPage, kPage);
}

void Memory::split(std::size_t count) {
  const std::size_t size = std::max<std::size_t>(pages() / count, 1) * kPage;
  for (std::size_t n = 1; n < count && n * size < bytes_; n += 2)
    if (madvise(data_ + n * size, std::min(size, bytes_ - n * size), MADV_SEQUENTIAL) != 0)
      throw failure("madvise");
}

std::size_t Memory::dirty(std::uint64_t millionths, Pattern pattern, std::uint64_t seed) {
  if (millionths == 0) return 0;
  const std::size_t group = pattern == Pattern::clustered ? kCluster : 1;
  const std::size_t stride = std::max<std::size_t>(kAll / millionths, 1);
  std::size_t count = 0;
  for (std::size_t n = 0; n * spacing_ < pages(); ++n) {
    const bool chosen = pattern == Pattern::strided ? n % stride == seed % stride
                                                    : mix(n / group, seed) % kAll < millionths;
    if (!chosen) continue;
    store(data_ + n * spacing_ * kPage, mix(n, seed));
    ++count;
  }
  return count;
}

void Memory::touch() const {
  for_each_run([](const std::byte* run, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += kPage)
      static_cast<void>(*static_cast<const volatile std::byte*>(run + at));
  });
}

void Memory::copy() {
  static std::vector<std::byte> to(16 << 20);
  for (std::size_t at = 0; at < bytes_; at += to.size())
    std::memcpy(to.data(), data_ + at, std::min(to.size(), bytes_ - at));
}

}  // namespace bench
