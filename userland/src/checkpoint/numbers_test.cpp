// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbers.h"

#include <gtest/gtest.h>

namespace checkpoint {
namespace {

TEST(Numbers, TakesHexAndDecimal) {
  EXPECT_EQ(parse_number("0x1F"), 0x1fU);
  EXPECT_EQ(parse_number("0XffffFFFFffffFFFF"), UINT64_MAX);
  EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number("010"), 10U);
}

TEST(Numbers, RefusesAllElse) {
  for (const char* text : {"", "0x", "1f", "-1", "+1", " 1", "1 ", "0x-1", "0x0x1", "1.5",
                           "18446744073709551616", "0x10000000000000000"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(Numbers, RangesAreHexWithTheEndExclusive) {
  EXPECT_EQ(parse_range("1000-3000"), (AddressRange{0x1000, 0x3000}));
  EXPECT_EQ(parse_range("0x1000-0x3000"), (AddressRange{0x1000, 0x3000}));
}

TEST(Numbers, RefusesBadRanges) {
  for (const char* text :
       {"", "-", "1000", "1000-", "-1000", "2000-1000", "1000-1000", "a-g", "1-2-3"})
    EXPECT_EQ(parse_range(text), std::nullopt) << text;
}

}  // namespace
}  // namespace checkpoint
