// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/rename_new.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/numbered_series.h"
#include "checkpoint/output_file.h"
#include "checkpoint/test_support/failing_call.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

class RenameNew : public ::testing::Test {
 protected:
  /// Runs @test here, and then as on a file system without RENAME_NOREPLACE.
  template <typename Test>
  void both_ways(Test test) {
    test(dir_.path() + "/1");
    with_failing_call(SYS_renameat2, EINVAL, [&] { test(dir_.path() + "/2"); });
  }

  TempDir dir_;
};

TEST_F(RenameNew, GivesAFileAName) {
  both_ways([](const std::string& dir) {
    make_directories(dir);
    write_file(dir + "/a", "x");
    EXPECT_EQ(rename_new(dir + "/a", dir + "/b"), 0);
    EXPECT_EQ(read_file(dir + "/b"), "x");
    EXPECT_NE(::access((dir + "/a").c_str(), F_OK), 0);
  });
}

TEST_F(RenameNew, ReplacesNothing) {
  both_ways([](const std::string& dir) {
    make_directories(dir);
    write_file(dir + "/a", "x");
    write_file(dir + "/b", "y");
    EXPECT_EQ(rename_new(dir + "/a", dir + "/b"), EEXIST);
    EXPECT_EQ(read_file(dir + "/a"), "x");
    EXPECT_EQ(read_file(dir + "/b"), "y");
  });
}

TEST_F(RenameNew, SaysWhatIsWrong) {
  both_ways([](const std::string& dir) { EXPECT_EQ(rename_new(dir + "/a", dir + "/b"), ENOENT); });
}

TEST_F(RenameNew, TakesALinkWhoseAnswerWasLostForDone) {
  with_failing_call(SYS_renameat2, EINVAL, [&] {
    write_file(dir_ / "a", "x");
    ASSERT_EQ(::link((dir_ / "a").c_str(), (dir_ / "b").c_str()), 0);
    EXPECT_EQ(rename_new(dir_ / "a", dir_ / "b"), 0);
  });
  EXPECT_EQ(dir_.list(), "b");
}

TEST_F(RenameNew, IsWhatOutputFilesAndSeriesUse) {
  with_failing_call(SYS_renameat2, EINVAL, [&] {
    OutputFile out(dir_ / "out", OutputFile::IfExists::refuse);
    out.commit();
    NumberedSeries series(dir_.path(), 5);
    write_file(series.temporary_path(), "x");
    write_file(dir_ / "5.000001", "theirs");
    EXPECT_EQ(series.commit(), dir_ / "5.000002");
  });
  EXPECT_EQ(dir_.list(), "5.000001 5.000002 out");
}

}  // namespace
}  // namespace checkpoint
