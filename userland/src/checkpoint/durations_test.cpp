// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/durations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace checkpoint {
namespace {

TEST(Durations, HaveAUnitOrAreSeconds) {
  EXPECT_EQ(parse_duration("500ms"), 500'000'000U);
  EXPECT_EQ(parse_duration("5s"), 5'000'000'000U);
  EXPECT_EQ(parse_duration("5"), 5'000'000'000U);
  EXPECT_EQ(parse_duration("2m"), 120'000'000'000U);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000U);
  EXPECT_EQ(parse_duration("7d"), 604'800'000'000'000U);
  EXPECT_EQ(parse_duration("0"), 0U);
}

TEST(Durations, RefuseWhatIsNone) {
  for (const char* text : {"", "s", "ms", "-1s", "+1", "1.5s", "1 s", " 1s", "1sec", "5S", "0x5",
                           "1h30m", "99999999999999999999"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Durations, DoNotOverflow) {
  EXPECT_EQ(parse_duration("9223372036s"), 9'223'372'036'000'000'000U);
  EXPECT_EQ(parse_duration("9223372037s"), std::nullopt);
  EXPECT_EQ(parse_duration("18446744073709551615"), std::nullopt);
  EXPECT_EQ(parse_duration("106752d"), std::nullopt);
}

TEST(Durations, TimesAreUtc) {
  EXPECT_EQ(parse_time("1970-01-02"), 86'400'000'000'000U);
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z"), 1'700'000'000'000'000'000U);
  EXPECT_EQ(parse_time("2023-11-14 22:13:20"), 1'700'000'000'000'000'000U);
}

TEST(Durations, RefuseTimesThatAreNone) {
  for (const char* text : {"", "now", "2023-13-01", "2023-02-30", "1969-12-31", "2023-11-14T22",
                           "2023-11-14x", "9999-01-01"})
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  EXPECT_EQ(parse_time(std::string_view("2023-11-14\0", 11)), std::nullopt);
}

}  // namespace
}  // namespace checkpoint
