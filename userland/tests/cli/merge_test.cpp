// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl merge
#include "cli.h"

namespace cpctl {
namespace {

TEST_F(Cli, MergeMakesAnImageThatVerifies) {
  make_samples();
  const Outcome outcome = run({"merge", "-o", path("merged"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_EQ(run({"verify", path("merged")}).status, 0);
  EXPECT_THAT(run({"info", path("merged")}).out, StartsWith("kind: full, merged\n"));
  EXPECT_EQ(list(), "full inc merged");
}

TEST_F(Cli, MergeReplacesAFileOnlyWhenTold) {
  make_samples();
  checkpoint::write_file(path("merged"), "old");
  const Outcome refused = run({"merge", "-o", path("merged"), path("full")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err,
            "cpctl: " + path("merged") + ": already exists\nhint: --force replaces it\n");
  EXPECT_EQ(checkpoint::read_file(path("merged")), "old");
  EXPECT_EQ(run({"merge", "--force", "-o", path("merged"), path("full")}).status, 0);
  EXPECT_EQ(run({"verify", path("merged")}).status, 0);
}

TEST_F(Cli, MergeMayReplaceOneOfItsImages) {
  make_samples();
  EXPECT_EQ(run({"merge", "-f", "-o", path("full"), path("full"), path("inc")}).status, 0);
  EXPECT_EQ(run({"verify", path("full")}).status, 0);
}

TEST_F(Cli, MergeOfADamagedImageLeavesNothing) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("inc"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("inc"), bytes);
  const Outcome outcome = run({"merge", "-o", path("merged"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(path("inc") + ": wrong CRC32C"));
  EXPECT_EQ(list(), "full inc");
}

TEST_F(Cli, MergeComparesAlsoWhatIsSuperseded) {
  make_samples();
  const checkpoint::Image image = checkpoint::Image::open(path("full"));
  const std::uint64_t superseded = image.run_at(0x11000)->offset + 0x1000;
  std::string bytes = checkpoint::read_file(path("full"));
  bytes[superseded] ^= 1;
  checkpoint::write_file(path("full"), bytes);
  const Outcome outcome = run({"merge", "-o", path("merged"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(path("full") + ": wrong CRC32C"));
  EXPECT_EQ(list(), "full inc");
}

TEST_F(Cli, MergeOfADamagedImageReplacesNothing) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("inc"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("inc"), bytes);
  checkpoint::write_file(path("merged"), "old");
  EXPECT_EQ(run({"merge", "-f", "-o", path("merged"), path("full"), path("inc")}).status, 3);
  EXPECT_EQ(checkpoint::read_file(path("merged")), "old");
  EXPECT_EQ(list(), "full inc merged");
}

TEST_F(Cli, MergeInTheWrongOrderSaysSo) {
  make_samples();
  const Outcome outcome = run({"merge", "-o", path("merged"), path("inc"), path("full")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("it begins with an inc"));
  EXPECT_THAT(outcome.err, HasSubstr("hint: name the full image first"));
}

TEST_F(Cli, MergeToAFullDiscLeavesNothing) {
  make_samples();
  const std::string command =
      checkpoint::str("ulimit -f 1; '", cpctl_program, "' merge -o '", path("merged"), "' '",
                      path("full"), "' 2>'", path("err"), "'");
  EXPECT_EQ(std::system(("sh -c \"" + command + "\"").c_str()), 1 << 8);
  EXPECT_THAT(checkpoint::read_file(path("err")), HasSubstr("cannot write: File too large"));
  EXPECT_EQ(list(), "err full inc");
}

}  // namespace
}  // namespace cpctl
