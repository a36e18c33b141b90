// SPDX-License-Identifier: GPL-2.0-or-later
// Which checkpoint of a directory cp_load_dir() finds.
#include <unistd.h>

#include "arena.h"

namespace checkpoint {
namespace {

/// Two chains of the same range: an old one, a and b, and a newer one, c, d, e,
/// whose files are numbered in no order.
class CpLoadDir : public ::testing::Test {
 protected:
  CpLoadDir() {
    ::setenv("CP_RANGE_DIR", dir_.path().c_str(), 1);
    old_inc_.data(page(0), page(8), 'b');
    newer_.info().id[0] = 0x77;
    newer_.info().time_ns += 60'000'000'000;
    newer_.data(page(0), page(8), 'c');
    first_ = inc_image(newer_.info());
    first_.data(page(0), page(7), 'd');
    second_ = inc_image(first_.info());
    second_.data(page(0), page(6), 'e');
    old_.write_to(dir_ / "cp_P3");
    old_inc_.write_to(dir_ / "inc_cp_P9");
    newer_.write_to(dir_ / "inc_cp_P2");  // the first inc of a range is a full one
    first_.write_to(dir_ / "inc_cp_P12");
    second_.write_to(dir_ / "inc_cp_P1");
  }
  ~CpLoadDir() override { ::unsetenv("CP_RANGE_DIR"); }

  std::string loaded() const {
    return errno_name(cp_load_dir(arena_.start(), arena_.end()) == 0 ? 0 : errno);
  }
  void expect(const std::string& picture) const {
    EXPECT_EQ(loaded(), "0");
    EXPECT_EQ(arena_.picture(), picture);
  }
  void remove(const std::string& name) const { ASSERT_EQ(::unlink((dir_ / name).c_str()), 0); }
  void spoil(const std::string& name) const {
    std::string bytes = read_file(dir_ / name);
    bytes[bytes.size() - 200] ^= 1;
    write_file(dir_ / name, bytes);
  }

  TempDir dir_;
  Arena arena_{8};
  ImageBuilder old_ = full_image();
  ImageBuilder old_inc_ = inc_image(old_.info());
  ImageBuilder newer_ = full_image();
  ImageBuilder first_ = full_image();
  ImageBuilder second_ = full_image();
};

TEST_F(CpLoadDir, TheNewestWithAllItBuildsOn) {
  expect("eeeeeedc");
}

TEST_F(CpLoadDir, OneBeforeADamagedOne) {
  spoil("inc_cp_P1");
  expect("dddddddc");
}

TEST_F(CpLoadDir, OneBeforeATruncatedOne) {
  std::string bytes = read_file(dir_ / "inc_cp_P1");
  bytes.resize(bytes.size() / 2);
  write_file(dir_ / "inc_cp_P1", bytes);
  expect("dddddddc");
}

TEST_F(CpLoadDir, OneThatNeedsNothingThatIsMissing) {
  remove("inc_cp_P12");
  expect("cccccccc");
}

TEST_F(CpLoadDir, AnOlderChain) {
  spoil("inc_cp_P2");
  expect("bbbbbbbb");
}

TEST_F(CpLoadDir, TheErrorIsThatOfTheNewest) {
  remove("cp_P3");
  spoil("inc_cp_P2");
  EXPECT_EQ(loaded(), "EBADMSG");
  EXPECT_EQ(arena_.picture(), "........");
  remove("inc_cp_P2");
  EXPECT_EQ(loaded(), "ESTALE");
  EXPECT_EQ(arena_.picture(), "........");
}

TEST_F(CpLoadDir, OtherFilesAndOtherSizesAreLeftAlone) {
  ImageBuilder late = full_image();
  late.info().time_ns *= 2;
  for (const char* name : {"cp_P", "cp_P01", "cp_P0", "cp_P1x", "xcp_P1", "inc_cp_P-1", "1.000001"})
    late.write_to(dir_ / name);
  ImageBuilder larger(page(0), page(9));
  larger.info().time_ns = late.info().time_ns;
  larger.map(page(0), page(9)).zero(page(0), page(9)).write_to(dir_ / "cp_P77");
  expect("eeeeeedc");
}

TEST_F(CpLoadDir, ACircleEnds) {
  // Each is the other's parent: the seq says that this is no chain.
  ImageBuilder one = inc_image(second_.info());
  one.info().time_ns *= 2;
  ImageBuilder two = inc_image(one.info());
  one.info().parent = two.info().id;
  one.write_to(dir_ / "inc_cp_P50");
  two.write_to(dir_ / "inc_cp_P51");
  expect("eeeeeedc");
}

TEST_F(CpLoadDir, WithoutACheckpointThereIsNone) {
  const TempDir empty;
  ::setenv("CP_RANGE_DIR", empty.path().c_str(), 1);
  EXPECT_EQ(loaded(), "ENOENT");
  ::setenv("CP_RANGE_DIR", (empty / "none").c_str(), 1);
  EXPECT_EQ(loaded(), "ENOENT");
  ::setenv("CP_RANGE_DIR", dir_.path().c_str(), 1);
  EXPECT_EQ(cp_load_dir(arena_.start(), arena_.end() - kPageSize), -1);
  EXPECT_EQ(errno_name(errno), "ENOENT");
  EXPECT_EQ(cp_load_dir(arena_.start(), arena_.start()), -1);
  EXPECT_EQ(errno_name(errno), "EINVAL");
  EXPECT_EQ(arena_.picture(), "........");
}

TEST_F(CpLoadDir, TheWorkingDirectoryUnlessToldOtherwise) {
  ::unsetenv("CP_RANGE_DIR");
  char before[PATH_MAX];
  ASSERT_NE(::getcwd(before, sizeof(before)), nullptr);
  ASSERT_EQ(::chdir(dir_.path().c_str()), 0);
  expect("eeeeeedc");
  ::setenv("CP_RANGE_DIR", "", 1);
  expect("eeeeeedc");
  ASSERT_EQ(::chdir(before), 0);
}

}  // namespace
}  // namespace checkpoint
