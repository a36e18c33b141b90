// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/crc32c.h"

#include <array>
#include <cstring>

namespace checkpoint {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

using Table = std::array<std::uint32_t, 256>;

/// What @bytes zero bytes do to a state, one table for each byte of the state.
using Shift = std::array<Table, 4>;

/// Slicing by eight: table k advances a byte that k more bytes follow.
constexpr std::array<Table, 8> make_slices() {
  std::array<Table, 8> slices{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t crc = n;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    slices[0][n] = crc;
  }
  for (std::size_t k = 1; k < slices.size(); ++k)
    for (std::size_t n = 0; n < 256; ++n)
      slices[k][n] = (slices[k - 1][n] >> 8) ^ slices[0][slices[k - 1][n] & 0xff];
  return slices;
}

constexpr std::array<Table, 8> kSlices = make_slices();

std::uint64_t load64(const std::byte* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

std::uint32_t step(std::uint32_t state, std::byte byte) {
  return (state >> 8) ^ kSlices[0][(state ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
}

// The hardware instruction has a latency of three cycles and a throughput of
// one: three streams side by side, kStream bytes each, keep it busy; their
// states are joined by shifting the earlier ones over the later bytes.
constexpr std::size_t kStream = 1360;  // a multiple of 8; 3 streams: about a page

/// The state is linear, so its image under kStream zero bytes is the xor of
/// those of its single bits.
Shift make_shift() {
  std::array<std::uint32_t, 32> of_bit{};
  for (std::size_t bit = 0; bit < of_bit.size(); ++bit) {
    std::uint32_t state = std::uint32_t{1} << bit;
    for (std::size_t n = 0; n < kStream; ++n) state = step(state, std::byte{0});
    of_bit.at(bit) = state;
  }
  Shift shift{};
  for (std::size_t part = 0; part < shift.size(); ++part)
    for (std::size_t n = 0; n < 256; ++n)
      for (std::size_t bit = 0; bit < 8; ++bit)
        if (((n >> bit) & 1) != 0) shift.at(part).at(n) ^= of_bit.at(part * 8 + bit);
  return shift;
}

std::uint32_t apply(const Shift& shift, std::uint32_t state) {
  return shift[0][state & 0xff] ^ shift[1][(state >> 8) & 0xff] ^ shift[2][(state >> 16) & 0xff] ^
         shift[3][state >> 24];
}

}  // namespace

namespace detail {

std::uint32_t crc32c_software(std::uint32_t state, std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const std::uint64_t word = load64(at) ^ state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kSlices[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; left > 0; --left, ++at) state = step(state, *at);
  return state;
}

#if defined(__x86_64__)

bool crc32c_has_hardware() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_hardware(std::uint32_t state,
                                                                std::span<const std::byte> bytes) {
  static const Shift shift = make_shift();
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t first = state;
  for (; left >= 3 * kStream; left -= 3 * kStream, at += 3 * kStream) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t n = 0; n < kStream; n += 8) {
      first = __builtin_ia32_crc32di(first, load64(at + n));
      second = __builtin_ia32_crc32di(second, load64(at + kStream + n));
      third = __builtin_ia32_crc32di(third, load64(at + 2 * kStream + n));
    }
    second ^= apply(shift, static_cast<std::uint32_t>(first));
    first = third ^ apply(shift, static_cast<std::uint32_t>(second));
  }
  for (; left >= 8; left -= 8, at += 8) first = __builtin_ia32_crc32di(first, load64(at));
  auto result = static_cast<std::uint32_t>(first);
  for (; left > 0; --left, ++at)
    result = __builtin_ia32_crc32qi(result, std::to_integer<unsigned char>(*at));
  return result;
}

#else

bool crc32c_has_hardware() {
  return false;
}

std::uint32_t crc32c_hardware(std::uint32_t state, std::span<const std::byte> bytes) {
  return crc32c_software(state, bytes);
}

#endif

}  // namespace detail

void Crc32c::update(std::span<const std::byte> bytes) {
  static const bool hardware = detail::crc32c_has_hardware();
  state_ =
      hardware ? detail::crc32c_hardware(state_, bytes) : detail::crc32c_software(state_, bytes);
}

}  // namespace checkpoint
