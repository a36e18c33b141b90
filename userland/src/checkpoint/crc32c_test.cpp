// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/crc32c.h"

#include <gtest/gtest.h>

#include <random>

#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

std::uint32_t crc_of(ByteView bytes) {
  Crc32c crc;
  crc.update(bytes);
  return crc.value();
}

std::uint32_t crc_of(std::string_view text) {
  return crc_of(std::as_bytes(std::span(text)));
}

Bytes random_bytes(std::size_t count) {
  std::mt19937 random(1);
  Bytes bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

// RFC 3720, B.4, and the usual check value.
TEST(Crc32c, HasTheKnownValues) {
  EXPECT_EQ(crc_of(""), 0U);
  EXPECT_EQ(crc_of("123456789"), 0xe3069283U);
  EXPECT_EQ(crc_of(filled(32, 0)), 0x8a9136aaU);
  EXPECT_EQ(crc_of(filled(32, 0xff)), 0x62a8ab43U);
}

TEST(Crc32c, IsTheSameInPieces) {
  const Bytes bytes = random_bytes(10'000);
  Crc32c crc;
  for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step = step * 2 + 1)
    crc.update(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at)));
  EXPECT_EQ(crc.value(), crc_of(bytes));
}

TEST(Crc32c, HardwareAndSoftwareAgreeAtEveryLength) {
  if (!detail::crc32c_has_hardware()) GTEST_SKIP() << "no SSE4.2";
  const Bytes bytes = random_bytes(9'000);
  for (std::size_t length = 0; length < bytes.size(); length += length < 300 ? 1 : 61) {
    const ByteView part = ByteView(bytes).last(length);
    ASSERT_EQ(detail::crc32c_hardware(length * 77U, part),
              detail::crc32c_software(length * 77U, part))
        << length;
  }
}

}  // namespace
}  // namespace checkpoint
