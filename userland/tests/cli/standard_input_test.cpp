// SPDX-License-Identifier: GPL-2.0-or-later
// Images on standard input.
#include "checkpoint/test_support/live_child.h"
#include "checkpoint/test_support/pty.h"
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::filled;
using checkpoint::kPageSize;
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

TEST_F(StandardInput, WithoutAnEndIsGivenUp) {
  for (const char* command : {"verify -", "info -", "cat --range 10000-10004 -", "diff - inc"}) {
    const Outcome outcome = in_it(str("cat full /dev/zero | timeout 60 cpctl ", command));
    EXPECT_EQ(outcome.status, 3) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_THAT(outcome.err, HasSubstr("something without an end follows it\nhint: ")) << command;
  }
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
  for (const char* words : {"", "--mappings --pages", "--json --mappings --pages"}) {
    const Outcome outcome = in_it(str("cat full | cpctl info ", words, " -"));
    EXPECT_EQ(outcome.status, 0) << words;
    EXPECT_EQ(outcome.err, "") << words;
    EXPECT_EQ(outcome.out, in_it(str("cpctl info ", words, " full")).out) << words;
  }
}

TEST_F(StandardInput, InfoOfADamagedStreamSaysSo) {
  const Outcome cut = in_it("head -c 9000 full | cpctl info -");
  EXPECT_EQ(cut.status, 3);
  EXPECT_EQ(cut.out, "");
  EXPECT_THAT(cut.err, HasSubstr("ends behind the end of its container"));
  EXPECT_THAT(cut.err, HasSubstr("\nhint: an image and nothing else is read"));
}

TEST_F(StandardInput, VerifyAndInfoNeedNoRoomForIt) {
  EXPECT_EQ(in_it("cat full | TMPDIR=/none cpctl verify -").status, 0);
  EXPECT_EQ(in_it("cat inc | TMPDIR=/none cpctl verify full - full").status, 0);
  EXPECT_EQ(in_it("cat full | TMPDIR=/none cpctl info -").status, 0);
  const Outcome others = in_it("cat full | TMPDIR=/none cpctl core -o core -");
  EXPECT_EQ(others.status, 1);
  EXPECT_EQ(others.err,
            "cpctl: /none: cannot create a temporary file: No such file or directory\n"
            "hint: standard input is copied to one: TMPDIR names another directory for it\n");
}

TEST_F(StandardInput, VerifyComparesTheChecksumOfAPipe) {
  std::string bytes = checkpoint::read_file(path("full"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("bad"), bytes);
  const Outcome outcome = in_it("cat bad | cpctl verify -");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, StartsWith("cpctl: standard input: wrong CRC32C"));
  EXPECT_EQ(in_it("cat bad | cpctl info -").status, 0);
}

TEST_F(StandardInput, VerifyFindsABrokenLinkToAPipe) {
  const Outcome order = in_it("cat full | cpctl verify inc -");
  EXPECT_EQ(order.status, 3);
  EXPECT_THAT(order.err, HasSubstr("cpctl: inc: the chain is broken: it begins with an inc"));
  checkpoint::sample_inc().map(0x38000, 0x39000).write_to(path("more"));
  const Outcome page = in_it("cat more | cpctl verify full -");
  EXPECT_EQ(page.status, 3);
  EXPECT_THAT(page.out, HasSubstr("full: good"));
  EXPECT_THAT(page.err, HasSubstr("cpctl: standard input: the chain is broken: it leaves a page"));
}

TEST_F(StandardInput, VerifyPrintsJsonOfAPipe) {
  const Outcome outcome = in_it("cat full | cpctl verify --json -");
  EXPECT_THAT(outcome.out, HasSubstr("\"image\": \"-\",\n    \"good\": true"));
}

TEST_F(StandardInput, CoreReadsAPipe) {
  checkpoint::ImageBuilder(0x10000, 0x20000)
      .map(0x10000, 0x13000)
      .data(0x10000, 0x12000, 'd')
      .zero(0x12000, 0x13000)
      .write_to(path("image"));
  const Outcome outcome = in_it("cat image | cpctl core -o a -");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("a: 1 segments, 2 pages of data, 1 zero, 0 of files"));
  EXPECT_EQ(in_it("cpctl core -o b image && cmp a b").status, 0);

  const Outcome cut = in_it("head -c 9000 image | cpctl core -o c -");
  EXPECT_EQ(cut.status, 3);
  EXPECT_THAT(cut.err, HasSubstr("\nhint: an image and nothing else is read"));
  EXPECT_EQ(in_it("ls").out, "a\nb\nfull\nimage\ninc\n");
}

TEST_F(StandardInput, HeatmapReadsAPipe) {
  const std::string expected = in_it("cpctl heatmap --ascii full inc").out;
  ASSERT_THAT(expected, HasSubstr("|## |"));
  for (const char* words :
       {"cat full | cpctl heatmap --ascii - inc", "cat inc | cpctl heatmap --ascii full -"}) {
    const Outcome outcome = in_it(words);
    EXPECT_EQ(outcome.status, 0) << words;
    EXPECT_EQ(outcome.err, "") << words;
    EXPECT_EQ(outcome.out, expected) << words;
  }
  EXPECT_THAT(in_it("cat inc | cpctl heatmap --json full -").out,
              HasSubstr("\"image\": \"standard input\""));
}

TEST_F(StandardInput, DiffReadsAPipe) {
  const std::string expected = in_it("cpctl diff full inc").out;
  ASSERT_THAT(expected, HasSubstr("total: 2 pages changed"));
  const Outcome outcome = in_it("cat full | cpctl diff - inc");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, expected);
  EXPECT_THAT(in_it("cat inc | cpctl diff full -").err,
              HasSubstr("an inc on standard input: its parents cannot be looked for beside it"));
}

TEST_F(StandardInput, RestoreReadsAPipe) {
  const checkpoint::Area area(8);
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{'a'});
  const checkpoint::LiveChild child;
  checkpoint::write_file(path("image"), image_of(child.process(), area.range()));
  const auto then = child.read(area.range());
  child.write(area.page(2), filled(3 * kPageSize, 'b'));
  const auto changed = child.read(area.range());

  const std::string restore = str("cpctl --pid ", child.pid(), " restore -");
  const Outcome cut = in_it("head -c 9000 image | " + restore);
  EXPECT_EQ(cut.status, 3);
  EXPECT_EQ(child.read(area.range()), changed);
  const Outcome outcome = in_it("cat image | " + restore);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr(": 3 pages written (12.0 KiB): 3 data, 0 zero, "));
  EXPECT_EQ(child.read(area.range()), then);
}

TEST_F(StandardInput, ThatIsATerminalIsRefused) {
  const checkpoint::Pty pty(80);
  for (const char* words : {"verify", "info", "core -o core", "cat --range 10000-10001"}) {
    const Outcome outcome = in_it(str("timeout 60 cpctl ", words, " - < ", pty.path()));
    EXPECT_EQ(outcome.status, 2) << words;
    EXPECT_THAT(outcome.err,
                HasSubstr(": standard input is a terminal\n"
                          "hint: '-' reads an image from a pipe, as in 'zstd -dc FILE | cpctl "
                          "verify -'\n"));
  }
}

TEST_F(StandardInput, AFileOfThatNameHasADirectoryInFront) {
  EXPECT_EQ(in_it("mv full ./- && cpctl verify ./- < /dev/null").out,
            "./-: good, full seq 0, 3 pages of data, 16.0 KiB\n");
}

}  // namespace
}  // namespace cpctl
