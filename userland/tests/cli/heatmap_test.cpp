// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl heatmap
#include "checkpoint/test_support/pty.h"
#include "cli.h"

namespace cpctl {
namespace {

using ::testing::Not;

TEST_F(Cli, HeatmapShowsWhatChanged) {
  make_samples();
  const Outcome outcome = run({"heatmap", "--ascii", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("share of pages that changed in an inc: | | 0 |.| to 1 % "));
  EXPECT_THAT(outcome.out, HasSubstr("\n0x10000-0x13000               rw-p   12.0 KiB        2  "
                                     "66.7 %      1/1  [heap]\n|## |\n"
                                     "not shown: 3 that did not change\n"));
}

TEST_F(Cli, HeatmapShowsIncsOverTime) {
  make_samples();
  const Outcome outcome = run({"heatmap", "--ascii", "--over-time", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\n      1 22:13:21 |## |        2\n"));
}

TEST_F(Cli, HeatmapTakesARange) {
  make_samples();
  const Outcome outcome =
      run({"heatmap", "--ascii", "--range", "11000-12000", path("full"), path("inc")});
  EXPECT_THAT(outcome.out, HasSubstr("\n0x11000-0x12000 "));
  EXPECT_THAT(outcome.out, HasSubstr("\n|#|\n"));
  EXPECT_EQ(run({"heatmap", "--range", "12000-13000", path("full"), path("inc")}).out,
            "nothing changed\nnot shown: 1 that did not change\n");
}

TEST_F(Cli, HeatmapShowsTheTop) {
  checkpoint::ImageBuilder full = checkpoint::sample_full();
  full.write_to(path("full"));
  checkpoint::ImageBuilder inc = checkpoint::sample_inc();
  inc.data(0x13000, 0x14000, 'x');
  inc.write_to(path("inc"));
  const Outcome outcome = run({"heatmap", "--top", "1", path("full"), path("inc")});
  EXPECT_THAT(outcome.out, HasSubstr("\n0x10000-0x13000 "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\n0x13000-0x14000 ")));
  EXPECT_THAT(outcome.out, HasSubstr("\nand 1 more that changed: --top shows more\n"));
}

TEST_F(Cli, HeatmapComparesBytesWhenTold) {
  make_samples();
  checkpoint::ImageBuilder inc = checkpoint::sample_inc();
  inc.data(0x11000, 0x12000, 'b');  // what it was
  inc.write_to(path("inc"));
  const auto changes = [this](const std::vector<std::string>& options) {
    std::vector<std::string> words = {"heatmap", "--json", path("full"), path("inc")};
    words.insert(words.end(), options.begin(), options.end());
    return run(words).out;
  };
  EXPECT_THAT(changes({}), HasSubstr("\"pages_changed\": 2"));
  EXPECT_THAT(changes({"--compare"}), HasSubstr("\"pages_changed\": 1"));
}

TEST_F(Cli, HeatmapIsColouredOnlyWhenTold) {
  make_samples();
  EXPECT_THAT(run({"heatmap", "--color", "always", path("full"), path("inc")}).out,
              HasSubstr("\033[38;5;"));
  EXPECT_THAT(run({"heatmap", path("full"), path("inc")}).out, Not(HasSubstr("\033")));
}

TEST_F(Cli, HeatmapIsColouredOnATerminalThatHasColours) {
  make_samples();
  const checkpoint::Pty pty(80);
  const auto printed = [&](const std::string& environment) {
    EXPECT_EQ(shell(environment + " cpctl heatmap full inc > " + pty.path()).status, 0);
    return pty.read_until("not change\r\n");
  };
  EXPECT_THAT(printed("TERM=xterm NO_COLOR="), HasSubstr("\033[38;5;"));
  EXPECT_THAT(printed("TERM=xterm NO_COLOR=1"), Not(HasSubstr("\033")));
  EXPECT_THAT(printed("TERM=dumb NO_COLOR="), Not(HasSubstr("\033")));
  EXPECT_THAT(printed("TERM= NO_COLOR="), Not(HasSubstr("\033")));
}

TEST_F(Cli, HeatmapHasBlocksWhereTheLocaleHasThem) {
  make_samples();
  const auto strip = [&](const std::string& environment) {
    const std::string text = shell(environment + " cpctl heatmap full inc | sed -n 4p").out;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(strip("LC_ALL= LC_CTYPE= LANG=C.UTF-8"), "│██ │");
  EXPECT_EQ(strip("LC_ALL= LC_CTYPE=en_US.utf8 LANG=C"), "│██ │");
  EXPECT_EQ(strip("LC_ALL=C LC_CTYPE=C.UTF-8 LANG=C.UTF-8"), "|## |");
  EXPECT_EQ(strip("LC_ALL= LC_CTYPE= LANG="), "|## |");
}

TEST_F(Cli, HeatmapFitsTheTerminal) {
  make_samples();
  const std::string fits = "  66.7 %      1/1  [heap]", does_not = "  66.7 %      1/1\n  [heap]";
  EXPECT_THAT(shell("COLUMNS=79 cpctl heatmap full inc").out, HasSubstr(fits));
  EXPECT_THAT(shell("COLUMNS=78 cpctl heatmap full inc").out, HasSubstr(does_not));
  EXPECT_THAT(shell("COLUMNS=x cpctl heatmap full inc").out, HasSubstr(fits)) << "80";
  const checkpoint::Pty pty(70);
  EXPECT_EQ(shell("COLUMNS=100 cpctl heatmap full inc > " + pty.path()).status, 0);
  EXPECT_THAT(pty.read_until("not change\r\n"), HasSubstr("  66.7 %      1/1\r\n  [heap]"));
}

TEST_F(Cli, HeatmapMakesASvgAndAPage) {
  make_samples();
  Outcome outcome = run({"heatmap", "--svg", "-o", path("svg"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_THAT(checkpoint::read_file(path("svg")), StartsWith("<svg xmlns="));
  EXPECT_EQ(run({"heatmap", "--html", "-o", path("html"), path("full"), path("inc")}).status, 0);
  EXPECT_THAT(checkpoint::read_file(path("html")), StartsWith("<!DOCTYPE html>"));
  outcome = run({"heatmap", "--svg", "-o", path("svg"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + path("svg") + ": already exists\nhint: --force replaces it\n");
  EXPECT_EQ(run({"heatmap", "--svg", "-f", "-o", path("svg"), path("full"), path("inc")}).status,
            0);
}

TEST_F(Cli, HeatmapMakesWellFormedPictures) {
  checkpoint::ImageBuilder full(0x10000, 0x20000);
  full.map(0x10000, 0x12000, "</title><b a=\"1\"> & ]]> \x1b\xff")
      .map(0x13000, 0x14000)
      .zero(0x10000, 0x12000)
      .zero(0x13000, 0x14000)
      .write_to(path("full"));
  checkpoint::ImageBuilder inc = checkpoint::ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x12000, "</title><b a=\"1\"> & ]]> \x1b\xff")
      .map(0x13000, 0x14000)
      .data(0x10000, 0x11000, 'x')
      .data(0x13000, 0x14000, 'x')
      .write_to(path("inc"));
  for (const char* kind : {"svg", "html"}) {
    ASSERT_EQ(
        run({"heatmap", checkpoint::str("--", kind), "-o", path(kind), path("full"), path("inc")})
            .status,
        0);
    const Outcome outcome =
        shell(quoted(source("tests/well-formed")) + checkpoint::str(' ', kind, ' ', kind));
    EXPECT_EQ(outcome.out + outcome.err, "");
    EXPECT_EQ(outcome.status, 0);
  }
}

TEST_F(Cli, HeatmapPrintsJson) {
  make_samples();
  const Outcome outcome = run({"heatmap", "--json", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("{\n  \"pid\": 4321,\n  \"start\": \"0x10000\","));
  EXPECT_THAT(outcome.out, HasSubstr("\"changes\": 2,\n      \"incs_changed\": 1,\n      "
                                     "\"changes_by_inc\": [\n        2\n      ],"));
  EXPECT_THAT(outcome.out, HasSubstr("\"start\": \"0x11000\",\n          \"end\": \"0x12000\",\n"
                                     "          \"changes\": 1"));
}

TEST_F(Cli, HeatmapOfADamagedImageSaysSo) {
  make_samples();
  std::string bytes = checkpoint::read_file(path("inc"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("inc"), bytes);
  const Outcome outcome = run({"heatmap", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(path("inc") + ": wrong CRC32C"));
  EXPECT_EQ(run({"heatmap", "--no-verify", path("full"), path("inc")}).status, 0);
}

TEST_F(Cli, HeatmapSaysWhatIsWrongWithItsOptions) {
  const std::pair<std::vector<std::string>, std::string> table[] = {
      {{"--svg"}, "-o FILE is missing"},
      {{"-o", "x"}, "-o FILE is for --svg and --html (found 'x')"},
      {{"--svg", "--json", "-o", "x"}, "give one of --svg, --html and --json"},
      {{"--color", "x"}, "--color takes auto, always or never (found 'x')"},
      {{"--top", "0"}, "--top takes a number from 1 on (found '0')"},
      {{"--range", "2-1"}, "--range takes A-B in hex, A below B (found '2-1')"},
  };
  for (const auto& [options, message] : table) {
    std::vector<std::string> words = {"heatmap", "a", "b"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << message;
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }
  EXPECT_THAT(run({"heatmap", "a"}).err, HasSubstr("an argument is missing"));
}

}  // namespace
}  // namespace cpctl
