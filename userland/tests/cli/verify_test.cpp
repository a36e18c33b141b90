// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl verify
#include "cli.h"

namespace cpctl {
namespace {

TEST_F(Cli, VerifyPrintsALineForEachGoodImage) {
  make_samples();
  const Outcome outcome = run({"verify", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, path("full") + ": good, full seq 0, 3 pages of data, 16.0 KiB\n" +
                             path("inc") + ": good, inc seq 1, 1 pages of data, 8.0 KiB\n");
}

TEST_F(Cli, VerifyFindsAChangedByte) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("full"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("full"), bytes);
  const Outcome outcome = run({"verify", path("full")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, StartsWith("cpctl: " + path("full") + ": wrong CRC32C"));
}

TEST_F(Cli, VerifyFindsATruncatedImage) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("full"));
  bytes.resize(bytes.size() - 50);
  checkpoint::write_file(path("full"), bytes);
  const Outcome outcome = run({"verify", path("full")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("ends behind the end of its container"));
  EXPECT_THAT(outcome.err, HasSubstr("hint: it does not end as an image does: was it copied"));
}

TEST_F(Cli, VerifyOfADirectoryNamesTheCommandForThat) {
  const Outcome outcome = run({"verify", path("")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("is a directory (expected an image)\nhint: 'cpctl list' "));
}

TEST_F(Cli, VerifyGoesOnAfterABadImage) {
  make_samples();
  const Outcome outcome = run({"verify", path("none"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr(path("none")));
  EXPECT_THAT(outcome.out, HasSubstr(path("full") + ": good"));
  EXPECT_THAT(outcome.out, HasSubstr(path("inc") + ": good"));
}

TEST_F(Cli, VerifyFindsABrokenLink) {
  make_samples();
  checkpoint::ImageBuilder inc = checkpoint::sample_inc();
  inc.info().parent[5] = 1;
  inc.write_to(path("inc"));
  const Outcome outcome = run({"verify", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr(path("full") + ": good"));
  EXPECT_THAT(outcome.err, HasSubstr(path("inc") + ": the chain is broken: its parent is not"));
  EXPECT_THAT(outcome.err, HasSubstr("\nhint: "));
}

TEST_F(Cli, VerifyFindsAPageThatNobodyHas) {
  make_samples();
  checkpoint::ImageBuilder inc = checkpoint::sample_inc();
  inc.map(0x38000, 0x39000);
  inc.write_to(path("inc"));
  const Outcome outcome = run({"verify", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("it leaves a page to " + path("full")));
}

TEST_F(Cli, VerifyTakesAnIncAlone) {
  make_samples();
  EXPECT_EQ(run({"verify", path("inc")}).status, 0);
}

TEST_F(Cli, VerifyTakesSeveralChains) {
  make_samples();
  EXPECT_EQ(run({"verify", path("full"), path("inc"), path("full"), path("inc")}).status, 0);
  EXPECT_EQ(run({"verify", path("inc"), path("full")}).status, 3);
}

TEST_F(Cli, VerifyPrintsJson) {
  make_samples();
  checkpoint::write_file(path("bad"), "");
  const Outcome outcome = run({"verify", "--json", path("full"), path("bad")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("\"good\": true"));
  EXPECT_THAT(outcome.out, HasSubstr("\"error\": \"" + path("bad") + ": is empty\""));
  checkpoint::write_file(path("bad"), checkpoint::read_file(path("full")).substr(0, 5000));
  EXPECT_THAT(run({"verify", "--json", path("bad")}).out,
              HasSubstr("\"hint\": \"it does not end as an image does"));
}

}  // namespace
}  // namespace cpctl
