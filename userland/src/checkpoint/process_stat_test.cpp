// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/process_stat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(ProcessStat, IsFoundBehindAnyName) {
  for (const char* name : {"sample", "a b", ") Z 1 (", "", "(", "x) "}) {
    const ProcessStat stat = parse_process_stat(
        str("4321 (", name, ") S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20 21\n"));
    EXPECT_EQ(stat.state, 'S') << name;
    EXPECT_EQ(stat.start_time, 987654U) << name;
    EXPECT_FALSE(stat.ended());
  }
}

TEST(ProcessStat, IsThatOfThisProcess) {
  const ProcessStat stat = parse_process_stat(read_file("/proc/self/stat"));
  EXPECT_EQ(stat.state, 'R');
  EXPECT_GT(stat.start_time, 0U);
}

TEST(ProcessStat, TellsAProcessThatHasEnded) {
  EXPECT_TRUE((ProcessStat{.state = 'Z'}).ended());
  EXPECT_TRUE((ProcessStat{.state = 'X'}).ended());
  EXPECT_FALSE((ProcessStat{.state = 'T'}).ended());
}

TEST(ProcessStat, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "1 (x)", "1 (x) ", "1 (x) S", "1 (x) S 1 2 3",
                           "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x 20",
                           "1 (x)   1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
                           "1 (x) SS 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
                           "(S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"})
    EXPECT_THROW(parse_process_stat(text), Error) << text;
}

}  // namespace
}  // namespace checkpoint
