// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

class ImageDirectoryTest : public ::testing::Test {
 protected:
  /// "NAME NAME; bad NAME; OTHERS"
  std::string found(std::optional<std::uint64_t> pid = std::nullopt) {
    scanned_ = scan_directory(dir_.path(), pid);
    std::string text;
    for (const ImageFile& image : scanned_.images) text += image.name + ' ';
    for (const BadFile& bad : scanned_.bad) text += "bad:" + bad.name + ' ';
    return text + std::to_string(scanned_.others);
  }

  TempDir dir_;
  ImageDirectory scanned_;
};

TEST_F(ImageDirectoryTest, FindsImagesOfAnyName) {
  sample_full().write_to(dir_ / "b image");
  sample_inc().write_to(dir_ / "a");
  EXPECT_EQ(found(), "a b image 0");
  EXPECT_EQ(scanned_.images[0].info.kind, Kind::inc);
  EXPECT_EQ(scanned_.images[1].info.pages_data, 3U);
  EXPECT_EQ(scanned_.images[1].file_size, sample_full().build().size());
}

TEST_F(ImageDirectoryTest, CountsOtherFiles) {
  write_file(dir_ / "notes", "text");
  write_file(dir_ / "empty", "");
  write_file(dir_ / "elf", std::string("\x7f") + "ELF" + std::string(200, '\0'));
  make_directories(dir_ / "directory");
  EXPECT_EQ(found(), "4");
}

TEST_F(ImageDirectoryTest, OpensNothingThatIsNoRegularFile) {
  sample_full().write_to(dir_ / "image");
  ASSERT_EQ(::symlink("image", (dir_ / "link").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", (dir_ / "1.000001").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(found(), "image 3");
}

TEST_F(ImageDirectoryTest, LeavesOutTemporaryFiles) {
  sample_full().write_to(dir_ / "image.tmpabc123");
  sample_full().write_to(dir_ / "1.000001.tmpwriter");
  EXPECT_EQ(found(), "0");
}

TEST_F(ImageDirectoryTest, ReportsADamagedImage) {
  Bytes bytes = sample_full().build();
  bytes.resize(bytes.size() - 50);
  write_file(dir_ / "image", bytes);
  EXPECT_EQ(found(), "bad:image 0");
  EXPECT_EQ(scanned_.bad[0].error.kind(), Error::Kind::damaged);
  EXPECT_THAT(scanned_.bad[0].error.what(), HasSubstr("end"));
}

TEST_F(ImageDirectoryTest, ReportsWhatIsCalledLikeAnImageAndIsNone) {
  write_file(dir_ / "4321.000001", "");
  write_file(dir_ / "4321.000002", "text");
  EXPECT_EQ(found(), "bad:4321.000001 bad:4321.000002 0");
}

TEST_F(ImageDirectoryTest, TakesOnlyTheNumberedOnesOfAProcess) {
  for (const char* name : {"1.000001", "1.000003", "11.000001", "image"})
    sample_full().write_to(dir_ / name);
  EXPECT_EQ(found(1), "1.000001 1.000003 0");
}

TEST_F(ImageDirectoryTest, ReadsNoPageData) {
  Bytes bytes = sample_full().build();
  bytes[bytes.size() - 200] ^= std::byte{1};  // only the checksum would tell
  write_file(dir_ / "image", bytes);
  EXPECT_EQ(found(), "image 0");
}

TEST_F(ImageDirectoryTest, HoldsOneFileOpenAtATime) {
  for (int n = 0; n < 300; ++n) sample_full().write_to(dir_ / std::to_string(n));
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few{.rlim_cur = 64, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(scan_directory(dir_.path()).images.size(), 300U);
  ::setrlimit(RLIMIT_NOFILE, &old);
}

TEST_F(ImageDirectoryTest, ThatIsNotThereIsAnError) {
  EXPECT_THROW(scan_directory(dir_ / "none"), Error);
}

TEST_F(ImageDirectoryTest, KnowsThePathOfAName) {
  EXPECT_EQ((ImageDirectory{.path = "d"}).path_of("x"), "d/x");
  EXPECT_EQ((ImageDirectory{.path = "/"}).path_of("x"), "/x");
}

}  // namespace
}  // namespace checkpoint
