// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbered_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(NumberedFiles, NamesSortAsTheyCount) {
  EXPECT_EQ(numbered_name({.pid = 12, .number = 7}), "12.000007");
  EXPECT_EQ(numbered_name({.pid = 12, .number = 1234567}), "12.1234567");
}

TEST(NumberedFiles, ParsesOnlyWhatItWrites) {
  EXPECT_EQ(parse_numbered_name("12.000007"), (NumberedName{.pid = 12, .number = 7}));
  EXPECT_EQ(parse_numbered_name("12.1234567"), (NumberedName{.pid = 12, .number = 1234567}));
  for (const char* other : {"", ".", "12", "12.", ".000007", "12.7", "012.000007", "12.0000007",
                            "12.000007.tmp", "12.00000x", "-1.000001", "12.99999999999999999999"})
    EXPECT_EQ(parse_numbered_name(other), std::nullopt) << other;
}

TEST(NumberedFiles, ListsThoseOfOneProcess) {
  const TempDir dir;
  for (const char* name : {"5.000010", "5.000002", "51.000099", "notes", "5.000011.tmpabc"})
    write_file(dir / name, std::string_view());
  EXPECT_THAT(numbered_files(dir.path(), 5),
              testing::ElementsAre(NumberedName{.pid = 5, .number = 2},
                                   NumberedName{.pid = 5, .number = 10}));
  EXPECT_EQ(next_numbered_path(dir.path(), 5), dir / "5.000011");
  EXPECT_EQ(next_numbered_path(dir.path() + "/", 6), dir / "6.000001");
}

TEST(NumberedFiles, ADirectoryThatIsNotThereIsAnError) {
  const TempDir dir;
  EXPECT_THROW(numbered_files(dir / "none", 5), Error);
}

}  // namespace
}  // namespace checkpoint
