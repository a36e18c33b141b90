// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace checkpoint {
namespace {

TEST(Pace, IsFromStartToStart) {
  const Pace pace(1000, 200);
  EXPECT_EQ(pace.next(1000), 1200U);
  EXPECT_EQ(pace.next(1150), 1200U);
  EXPECT_EQ(pace.next(1201), 1400U);
}

TEST(Pace, LeavesOutWhatIsPast) {
  const Pace pace(1000, 200);
  EXPECT_EQ(pace.next(1999), 2000U);
  EXPECT_EQ(pace.next(2000), 2200U);
}

TEST(Pace, DoesNotOverflow) {
  EXPECT_EQ(Pace(1000, UINT64_MAX).next(5000), UINT64_MAX);
  EXPECT_EQ(Pace(1000, INT64_MAX).next(UINT64_MAX - 10), UINT64_MAX);
}

}  // namespace
}  // namespace checkpoint
