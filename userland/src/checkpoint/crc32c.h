// SPDX-License-Identifier: GPL-2.0-or-later
// CRC32C (Castagnoli), as the END note of an image has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace checkpoint {

/// Feed it bytes front to back; value() is the checksum of all so far.
class Crc32c {
 public:
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

namespace detail {
/// The two implementations, without the final inversion; for the tests.
std::uint32_t crc32c_software(std::uint32_t state, std::span<const std::byte> bytes);
std::uint32_t crc32c_hardware(std::uint32_t state, std::span<const std::byte> bytes);
bool crc32c_has_hardware();
}  // namespace detail

}  // namespace checkpoint
