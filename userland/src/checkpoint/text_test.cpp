// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/text.h"

#include <gtest/gtest.h>

namespace checkpoint {
namespace {

TEST(Text, HexHasNoLeadingZeros) {
  EXPECT_EQ(hex(0), "0x0");
  EXPECT_EQ(hex(UINT64_MAX), "0xffffffffffffffff");
}

TEST(Text, RangesEndExclusive) {
  EXPECT_EQ(range_text(0x1000, 0x3000), "0x1000-0x3000");
}

TEST(Text, SizesHaveAUnit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(4096), "4.0 KiB");
  EXPECT_EQ(size_text(1536 * 1024), "1.5 MiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(Text, DurationsHaveAUnit) {
  EXPECT_EQ(duration_text(999), "999 ns");
  EXPECT_EQ(duration_text(1'500), "1.5 us");
  EXPECT_EQ(duration_text(1'250'000), "1.25 ms");
  EXPECT_EQ(duration_text(3'200'000'000), "3.20 s");
}

TEST(Text, TimesAreUtcWithNanoseconds) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(time_text(1'700'000'000'000'000'007), "2023-11-14T22:13:20.000000007Z");
  EXPECT_EQ(time_text(UINT64_MAX), "2554-07-21T23:34:33.709551615Z");
}

TEST(Text, ControlCharactersAreEscaped) {
  EXPECT_EQ(printable("a b\n\x1b[31m\x7f"), "a b\\012\\033[31m\\177");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
}

}  // namespace
}  // namespace checkpoint
