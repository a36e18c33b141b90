// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace checkpoint {
namespace {

TEST(Error, SaysSubjectProblemFoundAndExpected) {
  const Error error = Error(Error::Kind::failed, "file", "is wrong").found("1").expected("2");
  EXPECT_STREQ(error.what(), "file: is wrong (found 1, expected 2)");
}

TEST(Error, LeavesOutWhatIsNotKnown) {
  EXPECT_STREQ(Error(Error::Kind::failed, "", "is wrong").what(), "is wrong");
  EXPECT_STREQ(damaged("is wrong").found("1").what(), "is wrong (found 1)");
  EXPECT_STREQ(damaged("is wrong").expected("2").what(), "is wrong (expected 2)");
}

TEST(Error, KeepsTheFirstSubject) {
  EXPECT_STREQ(damaged("x").subject_if_none("a").subject_if_none("b").what(), "a: x");
}

TEST(Error, NamesTheSystemsError) {
  const Error error = system_failure("file", "open", ENOENT);
  EXPECT_STREQ(error.what(), "file: cannot open: No such file or directory");
  EXPECT_EQ(error.system_errno(), ENOENT);
  EXPECT_EQ(error.kind(), Error::Kind::failed);
}

TEST(Error, ASubjectCannotDriveTheTerminal) {
  EXPECT_STREQ(Error(Error::Kind::failed, "a\x1b", "x").what(), "a\\033: x");
}

}  // namespace
}  // namespace checkpoint
