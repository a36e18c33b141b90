// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

std::string failure(const std::string& path) {
  try {
    const MappedFile file(path);
    return "none";
  } catch (const Error& error) {
    return error.problem();
  }
}

TEST(MappedFile, HasTheBytesAlsoAfterAMove) {
  const TempDir dir;
  write_file(dir / "file", "contents");
  MappedFile first(dir / "file");
  MappedFile second(std::move(first));
  EXPECT_EQ(to_text(second.bytes()), "contents");
  EXPECT_TRUE(first.bytes().empty());
  first = std::move(second);
  EXPECT_EQ(to_text(first.bytes()), "contents");
}

TEST(MappedFile, KnowsTheSameFileByAnyPath) {
  const TempDir dir;
  write_file(dir / "file", "contents");
  write_file(dir / "other", "contents");
  MappedFile file(dir / "file");
  EXPECT_TRUE(file.same_file(MappedFile(dir / "./file")));
  EXPECT_FALSE(file.same_file(MappedFile(dir / "other")));
  const MappedFile moved(std::move(file));
  EXPECT_TRUE(moved.same_file(MappedFile(dir / "file")));
  EXPECT_FALSE(MappedFile().same_file(MappedFile()));
}

TEST(MappedFile, OfAnEmptyFileIsEmpty) {
  const TempDir dir;
  write_file(dir / "file", "");
  EXPECT_TRUE(MappedFile(dir / "file").bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(failure(dir / "fifo"), "is no regular file");
  EXPECT_EQ(failure(dir.path()), "is a directory");
  EXPECT_EQ(failure(dir / "none"), "cannot open: No such file or directory");
}

}  // namespace
}  // namespace checkpoint
