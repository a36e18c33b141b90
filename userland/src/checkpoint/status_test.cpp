// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/fake_proc.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

TEST(Status, HasAllValues) {
  const Status status = parse_status(fake_status());
  EXPECT_EQ(status.version, 1U);
  EXPECT_EQ(status.state, "idle");
  EXPECT_EQ(status.bytes_done, 20480U);
  ASSERT_EQ(status.ranges.size(), 2U);
  EXPECT_EQ(status.ranges[0].start, 0x5000U);
  EXPECT_EQ(status.ranges[0].end, 0x8fffU);
  EXPECT_EQ(status.ranges[0].seq, 3U);
  ASSERT_TRUE(status.last);
  EXPECT_EQ(status.last->kind, "inc");
  EXPECT_EQ(status.last->pages_saved, 2U);
  EXPECT_EQ(status.last->total_ns, 6789012U);
  EXPECT_EQ(status.lines.size(), 21U);
}

TEST(Status, MayHaveNoLastCommand) {
  const Status status = parse_status("version: 1\nstate: idle\n");
  EXPECT_FALSE(status.last);
  EXPECT_TRUE(status.ranges.empty());
}

TEST(Status, KeepsKeysOfANewerKernel) {
  const Status status = parse_status("version: 1\nstate: idle\nnew.key: a b: c\n");
  EXPECT_EQ(status.lines.back(), (std::pair<std::string, std::string>("new.key", "a b: c")));
}

TEST(Status, TakesAnEmptyText) {
  EXPECT_EQ(parse_status("version: 1\nstate: idle\nlast.parent: \n").last->parent, "");
}

TEST(Status, RefusesWhatItCannotRead) {
  const auto problem = [](std::string_view text) {
    try {
      parse_status(text);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(problem(""), HasSubstr("version or state is missing"));
  EXPECT_THAT(problem("version: 1\n"), HasSubstr("version or state is missing"));
  EXPECT_THAT(problem("version\n"), HasSubstr("a line that cannot be read"));
  EXPECT_THAT(problem("version: one\n"), HasSubstr("the value of 'version' cannot be read"));
  EXPECT_THAT(problem("version: 1\nlast.bytes: -1\n"), HasSubstr("'last.bytes'"));
  for (const char* range : {"0x0", "0x0 0x1", "0x0 0x1 id", "0x0 0x1 id 3 4", "x 0x1 id 3", "  "})
    EXPECT_THAT(problem(str("version: 1\nrange: ", range, "\n")), HasSubstr("'range'")) << range;
}

}  // namespace
}  // namespace checkpoint
