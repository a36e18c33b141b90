// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/test_support/failing_call.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

using IfExists = OutputFile::IfExists;

class OutputFileTest : public ::testing::Test {
 protected:
  /// Writes @text to the file; returns the problem, or "".
  std::string make(std::string_view text, IfExists if_exists) {
    try {
      OutputFile out(path_, if_exists);
      out.write(std::as_bytes(std::span(text)));
      out.commit();
      return "";
    } catch (const Error& error) {
      return error.problem();
    }
  }

  TempDir dir_;
  std::string path_ = dir_ / "out";
};

TEST_F(OutputFileTest, IsThereAfterCommit) {
  EXPECT_EQ(make("text", IfExists::refuse), "");
  EXPECT_EQ(read_file(path_), "text");
  EXPECT_EQ(dir_.list(), "out");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(OutputFileTest, LeavesNothingWithoutCommit) {
  { OutputFile out(path_, IfExists::refuse); }
  EXPECT_EQ(dir_.list(), "");
}

TEST_F(OutputFileTest, ReplacesOnlyWhenTold) {
  write_file(path_, "old");
  EXPECT_EQ(make("new", IfExists::refuse), "already exists");
  EXPECT_EQ(read_file(path_), "old");
  EXPECT_EQ(make("new", IfExists::replace), "");
  EXPECT_EQ(read_file(path_), "new");
}

TEST_F(OutputFileTest, WhatReplacesAnotherIsReadByTheSame) {
  write_file(path_, "old");
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path_.c_str(), 4711, 4712), 0);
  }
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);
  EXPECT_EQ(make("new", IfExists::replace), "");
  ASSERT_EQ(::stat(path_.c_str(), &after), 0);
  EXPECT_NE(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mode & 07777, 0640U);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
}

TEST_F(OutputFileTest, WhoseOwnerItCannotHaveIsLeft) {
  write_file(path_, "old");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(path_.c_str(), 4711, 4712), 0);
  with_failing_call(SYS_fchown, EPERM, [&] {
    EXPECT_EQ(make("new", IfExists::replace),
              "cannot make a file of the same owner in its place: Operation not permitted");
  });
  EXPECT_EQ(read_file(path_), "old");
  EXPECT_EQ(dir_.list(), "out");
}

TEST_F(OutputFileTest, DoesNotReplaceAFileThatCameMeanwhile) {
  OutputFile out(path_, IfExists::refuse);
  write_file(path_, "other");
  EXPECT_THROW(out.commit(), Error);
  EXPECT_EQ(read_file(path_), "other");
}

TEST_F(OutputFileTest, NeverReplacesWhatIsNoRegularFile) {
  ASSERT_EQ(::symlink("/dev/null", path_.c_str()), 0);
  EXPECT_EQ(make("x", IfExists::replace), "exists and is no regular file");
  EXPECT_EQ(dir_.list(), "out");
}

TEST_F(OutputFileTest, SaysWhenTheDirectoryIsMissing) {
  path_ = dir_ / "none/out";
  EXPECT_EQ(make("x", IfExists::refuse), "cannot create: No such file or directory");
}

TEST_F(OutputFileTest, KeepsZerosAsHolesAlsoAtTheEnd) {
  constexpr std::uint64_t gigabyte = 1ULL << 30;
  OutputFile out(path_, IfExists::refuse);
  out.write_zeros(gigabyte);
  out.write(filled(1, 'x'));
  out.write_zeros(gigabyte);
  out.commit();
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 2 * gigabyte + 1);
  EXPECT_LT(status.st_blocks, 1000);
}

TEST_F(OutputFileTest, AnErrorOfTheDiscIsAnError) {
  with_failing_call(SYS_fsync, EIO, [&] {
    EXPECT_EQ(make("x", IfExists::refuse), "cannot write: Input/output error");
  });
  EXPECT_EQ(dir_.list(), "");
}

TEST_F(OutputFileTest, ANameThatIsNotOnDiscIsAnError) {
  // The directory's descriptor will be the lowest that is free, and the file's is another.
  UniqueFd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int directory = lowest.get();
  OutputFile out(path_, IfExists::refuse);
  lowest.reset();
  with_failing_call_on(directory, SYS_fsync, EIO, [&] {
    try {
      out.commit();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), path_ + ": cannot sync its directory: Input/output error");
    }
  });
}

TEST(OutputFile, ItsTemporaryNamesAreKnown) {
  const TempDir dir;
  OutputFile out(dir / "file", OutputFile::IfExists::refuse);
  EXPECT_TRUE(is_temporary_name(out.temporary_path()));
  EXPECT_TRUE(is_temporary_name("1.000001.tmpwriter"));
  for (const char* name : {"", "file", ".tmpabcdef", "file.tmp", "file.tmpabcde", "file.tmpabcdefg",
                           "file.tmpab/def", "file.tmXabcdef"})
    EXPECT_FALSE(is_temporary_name(name)) << name;
}

}  // namespace
}  // namespace checkpoint
