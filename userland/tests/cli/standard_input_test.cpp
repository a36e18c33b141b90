// SPDX-License-Identifier: GPL-2.0-or-later
// Images on standard input.
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::str;

/// A directory with the samples, where sh is.
class StandardInput : public Cli {
 protected:
  StandardInput() { make_samples(); }
  [[nodiscard]] Outcome in_it(const std::string& script) const {
    return shell(str("cd '", path("."), "'; ", script));
  }
};

TEST_F(StandardInput, VerifyReadsAPipe) {
  const Outcome outcome = in_it("cat full | cpctl verify -");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "standard input: good, full seq 0, 3 pages of data, 16.0 KiB\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(StandardInput, VerifyFindsADamagedStream) {
  const Outcome cut = in_it("head -c 9000 full | cpctl verify -");
  EXPECT_EQ(cut.status, 3);
  EXPECT_THAT(cut.err, StartsWith("cpctl: standard input: "));
  EXPECT_THAT(cut.err, HasSubstr("ends behind the end of its container"));
  EXPECT_THAT(cut.err, HasSubstr("\nhint: an image and nothing else is read"));

  const Outcome longer = in_it("cat full inc | cpctl verify -");
  EXPECT_EQ(longer.status, 3);
  EXPECT_THAT(longer.err, HasSubstr("end note: wrong end, which is not the end of the file"));

  const Outcome nothing = in_it("cpctl verify - < /dev/null");
  EXPECT_EQ(nothing.status, 3);
  EXPECT_THAT(nothing.err, StartsWith("cpctl: standard input: is empty\n"));

  const Outcome packed = in_it("gzip < full | cpctl verify -");
  EXPECT_EQ(packed.status, 3);
  EXPECT_THAT(packed.err, HasSubstr("standard input: is no ELF file"));
}

TEST_F(StandardInput, MayBeAnyImageOfAChain) {
  EXPECT_EQ(in_it("cat inc | cpctl verify full -").out,
            "full: good, full seq 0, 3 pages of data, 16.0 KiB\n"
            "standard input: good, inc seq 1, 1 pages of data, 8.0 KiB\n");
  EXPECT_EQ(
      in_it("cat full | cpctl merge -o a - inc && cpctl merge -o b full inc && cmp a b").status, 0);
  EXPECT_EQ(in_it("cat full | cpctl cat --range 11000-11004 - inc").out, "BBBB");
  EXPECT_EQ(in_it("cat full | cpctl extract --range 10000-10004 -o raw - && cat raw").out, "aaaa");
}

TEST_F(StandardInput, InfoReadsAPipe) {
  const Outcome outcome = in_it("cat full | cpctl info -");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, in_it("cpctl info full").out);
}

TEST_F(StandardInput, AFileOfThatNameHasADirectoryInFront) {
  EXPECT_EQ(in_it("mv full ./- && cpctl verify ./- < /dev/null").out,
            "./-: good, full seq 0, 3 pages of data, 16.0 KiB\n");
}

}  // namespace
}  // namespace cpctl
