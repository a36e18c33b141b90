// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl extract, cpctl cat
#include "cli.h"

namespace cpctl {
namespace {

TEST_F(Cli, CatWritesTheBytesOfARange) {
  make_samples();
  const Outcome outcome = run({"cat", "--range", "10fff-11002", path("full")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "abb");
}

TEST_F(Cli, CatOfAChainGivesTheNewestBytes) {
  make_samples();
  EXPECT_EQ(run({"cat", "--range", "0x10ffe-0x11002", path("full"), path("inc")}).out,
            std::string("\0\0BB", 4));
}

TEST_F(Cli, ExtractMakesAFile) {
  make_samples();
  const Outcome outcome =
      run({"extract", "--range", "10fff-11002", "-o", path("raw"), path("full")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_EQ(checkpoint::read_file(path("raw")), "abb");
}

TEST_F(Cli, ExtractReplacesAFileOnlyWhenTold) {
  make_samples();
  checkpoint::write_file(path("raw"), "old");
  const Outcome refused =
      run({"extract", "--range", "10fff-11002", "-o", path("raw"), path("full")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "cpctl: " + path("raw") + ": already exists\nhint: --force replaces it\n");
  EXPECT_EQ(checkpoint::read_file(path("raw")), "old");
  EXPECT_EQ(
      run({"extract", "--force", "--range", "10fff-11002", "-o", path("raw"), path("full")}).status,
      0);
  EXPECT_EQ(checkpoint::read_file(path("raw")), "abb");
}

TEST_F(Cli, ExtractOfADamagedImageMakesNoFile) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("full"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("full"), bytes);
  EXPECT_EQ(run({"extract", "--range", "10000-10001", "-o", path("raw"), path("full")}).status, 3);
  EXPECT_EQ(list(), "full inc");
}

TEST_F(Cli, AHoleIsAnErrorThatNamesItsFirstAddress) {
  make_samples();
  const Outcome outcome =
      run({"extract", "--range", "13000-15000", "-o", path("raw"), path("full")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + path("full") +
                             ": an address that was not mapped (found 0x14000)\n"
                             "hint: --holes zero writes zeros for what is not there\n");
  EXPECT_EQ(list(), "full inc");
}

TEST_F(Cli, HolesAreZerosWhenTold) {
  make_samples();
  EXPECT_EQ(run({"cat", "--holes", "zero", "--range", "fffe-10002", path("full")}).out,
            std::string("\0\0aa", 4));
  EXPECT_EQ(
      run({"extract", "--holes=zero", "--range", "30000-32000", "-o", path("raw"), path("full")})
          .status,
      0);
  EXPECT_EQ(checkpoint::read_file(path("raw")), std::string(0x2000, '\0'));
}

TEST_F(Cli, CatWritesNothingOfADamagedImage) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("full"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("full"), bytes);
  const Outcome outcome = run({"cat", "--range", "10000-10001", path("full")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(run({"cat", "--no-verify", "--range", "10000-10001", path("full")}).out, "a");
}

TEST_F(Cli, TheFilesPagesComeFromTheFile) {
  checkpoint::write_file(path("mapped"), "contents");
  checkpoint::ImageBuilder image(0x10000, 0x20000);
  image.map(checkpoint::file_mapping(0x10000, 0x11000, path("mapped"))).file(0x10000, 0x11000);
  image.write_to(path("image"));
  EXPECT_EQ(run({"cat", "--range", "10000-10008", path("image")}).out, "contents");
  checkpoint::write_file(path("mapped"), "other contents");
  const Outcome outcome = run({"cat", "--range", "10000-10008", path("image")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err,
              HasSubstr(path("mapped") + ": is not the file that the image refers to: another size "
                                         "(found 14, expected 8)\nhint: "));
}

TEST_F(Cli, LostFilesAreZerosWhenTold) {
  checkpoint::write_file(path("mapped"), "contents");
  checkpoint::ImageBuilder image(0x10000, 0x20000);
  image.map(checkpoint::file_mapping(0x10000, 0x12000, path("mapped"))).file(0x10000, 0x12000);
  image.map(0x12000, 0x13000).data(0x12000, 0x13000, 'c');
  image.write_to(path("image"));
  checkpoint::write_file(path("mapped"), "other contents");
  const Outcome refused =
      run({"extract", "--range", "10ffe-12002", "-o", path("raw"), path("image")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("\nhint: put back the file of that time, or: --missing-files "
                                     "zero writes zeros\n"));
  EXPECT_EQ(list(), "image mapped");
  const Outcome outcome =
      run({"cat", "--missing-files", "zero", "--range", "11ffe-12002", path("image")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, std::string("\0\0cc", 4));
  EXPECT_EQ(outcome.err, "cpctl: " + path("mapped") +
                             ": is not the file that the image refers to: another size (found 14, "
                             "expected 8)\n");
}

}  // namespace
}  // namespace cpctl
