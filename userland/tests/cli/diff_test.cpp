// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl diff
#include <unistd.h>

#include "cli.h"

namespace cpctl {
namespace {

TEST_F(Cli, DiffOfTwoPointsOfAChain) {
  make_samples();
  const Outcome outcome = run({"diff", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "0x10000-0x13000 rw-p [heap]: 2 of 3 pages changed (8192 bytes)\n"
            "0x30000-0x32000 rw-s /dev/sample: 2 of 2 pages unmapped\n"
            "total: 2 pages changed (8192 bytes), 2 unmapped\n");
}

TEST_F(Cli, DiffTheOtherWayRound) {
  make_samples();
  EXPECT_EQ(run({"diff", path("inc"), path("full")}).out,
            "0x10000-0x13000 rw-p [heap]: 2 of 3 pages changed (8192 bytes)\n"
            "0x30000-0x32000 rw-s /dev/sample: 2 of 2 pages appeared\n"
            "total: 2 pages changed (8192 bytes), 2 appeared\n");
}

TEST_F(Cli, DiffOfThePointWithItself) {
  make_samples();
  EXPECT_EQ(run({"diff", path("inc"), path("inc")}).out, "no difference\n");
  EXPECT_EQ(run({"diff", path("full"), path("full")}).out, "no difference; 2 pages not saved\n");
}

TEST_F(Cli, DiffListsTheRunsOfPages) {
  make_samples();
  EXPECT_EQ(run({"diff", "--pages", path("full"), path("inc")}).out,
            "0x10000-0x13000 rw-p [heap]\n"
            "  0x10000-0x12000 2 changed (8192 bytes)\n"
            "  2 of 3 pages changed (8192 bytes)\n"
            "0x30000-0x32000 rw-s /dev/sample\n"
            "  0x30000-0x32000 2 unmapped\n"
            "  2 of 2 pages unmapped\n"
            "total: 2 pages changed (8192 bytes), 2 unmapped\n");
}

/// Two full images of a page that differs in a few bytes.
class DiffHex : public Cli {
 protected:
  void make(std::size_t bytes) const {
    checkpoint::Bytes page = checkpoint::filled(checkpoint::kPageSize, 'a');
    checkpoint::ImageBuilder image(0x10000, 0x20000);
    image.map(0x10000, 0x11000).data(0x10000, page).write_to(path("a"));
    for (std::size_t n = 0; n < bytes; ++n) page[0x25 + n * 16] = std::byte{0xff};
    image.data(0x10000, page).write_to(path("b"));
  }
};

TEST_F(DiffHex, PrintsTheBytesThatDiffer) {
  make(1);
  EXPECT_EQ(run({"diff", "--hex", path("a"), path("b")}).out,
            "0x10000-0x11000 rw-p\n"
            "  0x10020 - 61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n"
            "  0x10020 + 61 61 61 61 61 ff 61 61  61 61 61 61 61 61 61 61  |aaaaa.aaaaaaaaaa|\n"
            "  1 of 1 pages changed (1 bytes)\n"
            "total: 1 pages changed (1 bytes)\n");
}

TEST_F(DiffHex, PrintsNoMoreRowsThanTheLimit) {
  make(5);
  const auto rows = [this](const std::string& limit) {
    const std::string text = run({"diff", "--hex", "--limit", limit, path("a"), path("b")}).out;
    const bool more = text.find("more bytes differ: --limit 0 prints them all\n") < text.size();
    return checkpoint::str(std::count(text.begin(), text.end(), '+'), more ? " of more" : "");
  };
  EXPECT_EQ(rows("1"), "1 of more");
  EXPECT_EQ(rows("4"), "4 of more");
  EXPECT_EQ(rows("5"), "5");
  EXPECT_EQ(rows("0"), "5");
}

TEST_F(DiffHex, PrintsJson) {
  make(2);
  const Outcome outcome = run({"diff", "--json", "--hex", "--limit", "1", path("a"), path("b")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\"difference\": \"changed\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"bytes\": 2"));
  EXPECT_THAT(outcome.out, HasSubstr("\"address\": \"0x10020\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"before\": \"61616161616161616161616161616161\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"after\": \"6161616161ff61616161616161616161\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"rows_left_out\": true"));
}

TEST_F(Cli, DiffTakesNoUnfinishedFileForAParent) {
  make_samples();
  const std::string full = checkpoint::read_file(path("full"));
  checkpoint::write_file(path("a.tmpABC123"), full.substr(0, full.size() - 100));
  const Outcome outcome = run({"diff", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Cli, DiffTakesAFullImageFromAPipe) {
  make_samples();
  const std::string expected = run({"diff", path("full"), path("inc")}).out;
  const Outcome outcome = shell("cat full | cpctl diff - " + path("inc"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, expected);
  const Outcome refused = shell("cat inc | cpctl diff " + path("full") + " -");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("an inc on standard input: its parents cannot be looked for"));
}

TEST_F(Cli, DiffPrintsJson) {
  make_samples();
  const std::string text = run({"diff", "--json", path("full"), path("inc")}).out;
  EXPECT_THAT(text, StartsWith("{\n  \"start\": \"0x10000\",\n  \"end\": \"0x40000\",\n"));
  EXPECT_THAT(text, HasSubstr("\"name\": \"[heap]\",\n      \"pages_changed\": 2,\n"));
  EXPECT_THAT(text, HasSubstr("\"total\": {\n    \"pages_changed\": 2,\n"
                              "    \"bytes_changed\": 8192,\n"
                              "    \"pages_appeared\": 0,\n"
                              "    \"pages_unmapped\": 2,\n"
                              "    \"pages_protection\": 0,\n"
                              "    \"pages_unknown\": 0,\n"
                              "    \"pages_skipped\": 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("\"runs\"")));
  EXPECT_THAT(run({"diff", "--json", "--pages", path("full"), path("inc")}).out,
              HasSubstr("\"runs\": [\n"));
}

TEST_F(Cli, DiffSaysWhatItCannotCompare) {
  checkpoint::write_file(path("mapped"), "contents");
  checkpoint::ImageBuilder image(0x10000, 0x20000);
  image.map(checkpoint::file_mapping(0x10000, 0x11000, path("mapped"))).file(0x10000, 0x11000);
  image.write_to(path("a"));
  image.data(0x10000, 0x11000, 'b').write_to(path("b"));
  ASSERT_EQ(::unlink(path("mapped").c_str()), 0);
  const Outcome outcome = run({"diff", path("a"), path("b")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "0x10000-0x11000 r-xp " + path("mapped") +
                             ": 1 of 1 pages that cannot be compared: " + path("mapped") +
                             ": cannot open: No such file or directory\n"
                             "total: 1 pages that cannot be compared\n");
}

TEST_F(Cli, DiffSaysWhereTheProtectionChanged) {
  checkpoint::ImageBuilder a(0x10000, 0x20000), b(0x10000, 0x20000);
  a.map(0x10000, 0x12000).zero(0x10000, 0x12000).write_to(path("a"));
  b.map(0x10000, 0x12000, "", PROC_CHECKPOINT_PROT_READ).zero(0x10000, 0x12000);
  b.write_to(path("b"));
  EXPECT_EQ(run({"diff", path("a"), path("b")}).out,
            "0x10000-0x12000 r--p (was rw-p): 2 of 2 pages with another protection\n"
            "total: 2 pages with another protection\n");
  EXPECT_THAT(run({"diff", "--pages", path("a"), path("b")}).out,
              HasSubstr("  0x10000-0x12000 2 protection: rw-p to r--p\n"));
}

TEST_F(Cli, DiffLooksForParentsInOtherDirectoriesWhenTold) {
  make_samples();
  checkpoint::make_directories(path("elsewhere"));
  ASSERT_EQ(::rename(path("full").c_str(), path("elsewhere/0").c_str()), 0);
  const Outcome lost = run({"diff", path("elsewhere/0"), path("inc")});
  EXPECT_EQ(lost.status, 3);
  EXPECT_EQ(lost.err,
            "cpctl: " + path("inc") +
                ": the chain is broken: its parent is not among the images here (expected an "
                "image with id abcd0000000000000000000000000001 and seq 0)\n"
                "hint: looked for beside it; --chain IMAGE names more images to look among\n");
  EXPECT_EQ(run({"diff", "--chain", path("inc"), "--chain", path("elsewhere/0"),
                 path("elsewhere/0"), path("inc")})
                .out,
            "0x10000-0x13000 rw-p [heap]: 2 of 3 pages changed (8192 bytes)\n"
            "0x30000-0x32000 rw-s /dev/sample: 2 of 2 pages unmapped\n"
            "total: 2 pages changed (8192 bytes), 2 unmapped\n");
}

TEST_F(Cli, DiffWantsImagesForItsChain) {
  make_samples();
  const Outcome outcome = run({"diff", "--chain", path("none"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + path("none") + ": cannot open: No such file or directory\n");
}

TEST_F(Cli, DiffComparesChecksumsUnlessToldNotTo) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("inc"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("inc"), bytes);
  const Outcome outcome = run({"diff", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(path("inc") + ": wrong CRC32C"));
  EXPECT_EQ(run({"diff", "--no-verify", path("full"), path("inc")}).status, 0);
}

TEST_F(Cli, DiffOfRangesWithNothingInCommonIsAnError) {
  checkpoint::ImageBuilder(0x10000, 0x20000).write_to(path("a"));
  checkpoint::ImageBuilder(0x20000, 0x30000).write_to(path("b"));
  const Outcome outcome = run({"diff", path("a"), path("b")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "cpctl: " + path("b") + ": has no address in common with " + path("a") +
                             " (found 0x20000-0x30000, expected some of 0x10000-0x20000)\n");
}

}  // namespace
}  // namespace cpctl
