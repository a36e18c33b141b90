// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbered_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/held_name.h"
#include "checkpoint/output_file.h"
#include "checkpoint/test_support/failing_call.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(NumberedSeries, CountsFromOne) {
  const TempDir dir;
  NumberedSeries series(dir.path(), 5);
  EXPECT_EQ(series.path(), dir / "5.000001");
  write_file(series.temporary_path(), "x");
  EXPECT_EQ(series.commit(), dir / "5.000001");
  EXPECT_EQ(series.path(), dir / "5.000002");
  EXPECT_EQ(dir.list(), "5.000001 5.tmplocked");
}

TEST(NumberedSeries, GoesOnBehindTheHighestNumber) {
  const TempDir dir;
  for (const char* name : {"5.000007", "5.000003", "6.000009"}) write_file(dir / name, "x");
  EXPECT_EQ(NumberedSeries(dir.path() + "/", 5).path(), dir / "5.000008");
}

TEST(NumberedSeries, WritesUnderATemporaryName) {
  const TempDir dir;
  const NumberedSeries series(dir.path(), 5);
  EXPECT_TRUE(is_temporary_name(series.temporary_path()));
  EXPECT_TRUE(is_temporary_name(dir.list()));  // the lock too
}

TEST(NumberedSeries, RemovesWhatEarlierOnesLeftUnfinished) {
  const TempDir dir;
  for (const char* name :
       {"5.000007.tmpwriter", "5.000009.tmpwriter", "51.000007.tmpwriter", "x.tmpwriter",
        "5.000007.tmpother1", "5.000007.tmp", "5.tmplocked", "51.tmplocked", "52.tmplocked"})
    write_file(dir / name, "x");
  { const NumberedSeries series(dir.path(), 5); }
  EXPECT_EQ(dir.list(), "5.000007.tmp 5.000007.tmpother1 x.tmpwriter");
}

TEST(NumberedSeries, LeavesAloneWhatOneAtWorkHasUnfinished) {
  const TempDir dir;
  const NumberedSeries theirs(dir.path(), 6);
  write_file(theirs.temporary_path(), "x");
  {
    const NumberedSeries mine(dir.path() + "/", 5);
    EXPECT_EQ(dir.list(), "5.tmplocked 6.000001.tmpwriter 6.tmplocked");
  }
  EXPECT_EQ(dir.list(), "6.000001.tmpwriter 6.tmplocked");
}

TEST(NumberedSeries, IsOneAtATimeOfAProcess) {
  const TempDir dir;
  const NumberedSeries series(dir.path(), 5);
  write_file(series.temporary_path(), "x");
  try {
    const NumberedSeries second(dir.path(), 5);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), dir.path() +
                                ": images of process 5 are being saved there by another "
                                "cpctl");
    EXPECT_NE(error.hint(), "");
  }
  EXPECT_EQ(read_file(series.temporary_path()), "x");
}

TEST(NumberedSeries, ReplacesNoFile) {
  const TempDir dir;
  NumberedSeries series(dir.path(), 5);
  write_file(series.temporary_path(), "new");
  write_file(dir / "5.000001", "theirs");
  EXPECT_EQ(series.commit(), dir / "5.000002");
  EXPECT_EQ(read_file(dir / "5.000001"), "theirs");
  EXPECT_EQ(read_file(dir / "5.000002"), "new");
  EXPECT_EQ(series.path(), dir / "5.000003");
}

TEST(NumberedSeries, WaitsForOneThatCleansUp) {
  const TempDir dir;
  auto held = HeldName::take(dir / "5.tmplocked");
  std::thread other([&held] {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    held.reset();
  });
  EXPECT_NO_THROW(NumberedSeries(dir.path(), 5));
  other.join();
}

TEST(NumberedSeries, DiscardsWhatFailed) {
  const TempDir dir;
  const NumberedSeries series(dir.path(), 5);
  write_file(series.temporary_path(), "x");
  series.discard();
  series.discard();
  EXPECT_EQ(dir.list(), "5.tmplocked");
}

TEST(NumberedSeries, RemovesAFile) {
  const TempDir dir;
  write_file(dir / "5.000001", "x");
  const NumberedSeries series(dir.path(), 5);
  series.remove("5.000001");
  series.remove("5.000001");
  series.sync();
  EXPECT_EQ(dir.list(), "5.tmplocked");
}

TEST(NumberedSeries, ACommitOfNothingIsAnError) {
  const TempDir dir;
  NumberedSeries series(dir.path(), 5);
  EXPECT_THROW(series.commit(), Error);
}

TEST(NumberedSeries, ANameThatIsNotOnDiscIsAnError) {
  const TempDir dir;
  NumberedSeries series(dir.path(), 5);
  write_file(series.temporary_path(), "x");
  with_failing_call(SYS_fsync, EIO, [&] {
    try {
      series.commit();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), dir.path() + ": cannot sync the directory: Input/output error");
    }
  });
}

TEST(NumberedSeries, NeedsADirectory) {
  const TempDir dir;
  write_file(dir / "file", "x");
  EXPECT_THROW(NumberedSeries(dir / "none", 5), Error);
  EXPECT_THROW(NumberedSeries(dir / "file", 5), Error);
}

}  // namespace
}  // namespace checkpoint
