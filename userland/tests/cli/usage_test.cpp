// SPDX-License-Identifier: GPL-2.0-or-later
// The command line by itself: help, versions, and what is wrong with it.
#include <sstream>

#include "cli.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

TEST_F(Cli, PrintsTheVersionsOfToolInterfaceAndKernel) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out,
              ::testing::MatchesRegex("cpctl [0-9.]+, checkpoint interface 1, image format 1\n"
                                      "Linux [^ ]+, (no )?checkpoint interface( 1)?\n"));
}

TEST_F(Cli, HelpListsEveryCommandOnceInItsGroup) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"-h"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0);
    const std::size_t live = outcome.out.find("commands on a live process");
    const std::size_t images = outcome.out.find("commands on images");
    const std::size_t session = outcome.out.find("a first session:\n");
    ASSERT_TRUE(live < images && images < session && session != std::string::npos) << outcome.out;
    for (const Command& command : commands()) {
      const std::string line = checkpoint::str("\n  ", command.name, ' ');
      const std::size_t found = outcome.out.find(line);
      EXPECT_TRUE(is_live(command) ? found > live && found < images
                                   : found > images && found < session)
          << command.name;
      EXPECT_EQ(outcome.out.find(line, found + 1), std::string::npos) << command.name;
    }
  }
}

TEST_F(Cli, HelpTellsOfTheVersion) {
  EXPECT_THAT(run({"help"}).out, HasSubstr("'cpctl --version'"));
}

TEST_F(Cli, HelpTellsOfDefaultsAndUnits) {
  EXPECT_THAT(run({"help", "watch"}).out,
              HasSubstr("all of user space, unless --range or --map is given."));
  EXPECT_THAT(run({"help", "prune"}).out, HasSubstr(", in UTC\n"));
}

TEST_F(Cli, HelpOfEveryCommandHasItsUsageOptionsAndExamples) {
  for (const Command& command : commands()) {
    const Outcome outcome = run({"help", std::string(command.name)});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("usage: " + usage_line(command)));
    EXPECT_THAT(outcome.out, HasSubstr("\n\noptions:\n"));
    EXPECT_THAT(outcome.out, HasSubstr("\n\nexamples:\n  # "));
    EXPECT_EQ(run({std::string(command.name), "--help"}).out, outcome.out);
  }
}

TEST_F(Cli, HelpFitsATerminal) {
  std::vector<std::vector<std::string>> all = {{"help"}};
  for (const Command& command : commands()) all.push_back({"help", std::string(command.name)});
  for (const auto& words : all) {
    std::istringstream lines(run(words).out);
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("usage: ")) {
        EXPECT_LE(line.size(), 80U) << line;
      }
  }
}

TEST_F(Cli, HelpGivesTheShellItsWords) {
  EXPECT_THAT(run({"help", "--words"}).out, StartsWith("full\ninc\n"));
  EXPECT_EQ(run({"help", "--words", "cat"}).out,
            "--range=\n--map=\n--holes=\n--missing-files=\n--no-verify\n--quiet\n--help\n");
}

TEST_F(Cli, AWrongOptionIsHintedAtByTheHelpOfItsCommand) {
  const Outcome outcome = run({"extract", "--frobnicate", "a"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "cpctl: extract: unrecognised option '--frobnicate'\n"
            "hint: 'cpctl help extract' lists its options\n");
  EXPECT_THAT(run({"--pid", "x", "status"}).err, HasSubstr("'cpctl help status' lists"));
}

struct WrongUse {
  std::vector<std::string> words;
  std::string message;
};

TEST_F(Cli, SaysWhatIsWrongWithTheCommandLine) {
  const WrongUse table[] = {
      {{}, "cpctl: no command\n"},
      {{"--pid", "1"}, "cpctl: no command\n"},
      {{"frobnicate"}, "cpctl: there is no command 'frobnicate'\n"},
      {{"help", "frobnicate"}, "there is no command 'frobnicate'"},
      {{"info"}, "cpctl: info: an argument is missing\nhint: usage: cpctl info IMAGE\n"},
      {{"info", "a", "b"}, "cpctl: info: too many arguments\n"},
      {{"info", "--frobnicate", "a"}, "unrecognised option '--frobnicate'"},
      {{"info", "--\x1b[31m", "a"}, "unrecognised option '--\\033[31m'"},
      {{"info", "--js", "a"}, "unrecognised option '--js'"},
      {{"info", "--force", "a"}, "unrecognised option '--force'"},
      {{"status"}, "cpctl: status: --pid PID is missing\n"},
      {{"--pid", "x", "status"}, "--pid takes the number of a process (found 'x')"},
      {{"--pid", "0", "status"}, "--pid takes the number of a process (found '0')"},
      {{"--pid=-1", "status"}, "--pid takes the number of a process (found '-1')"},
      {{"status", "--pid"}, "the required argument for option '--pid' is missing"},
      {{"--pid", "1", "--pid", "2", "maps"},
       "cpctl: maps: this command takes one --pid (found 2)\n"},
      {{"--pid", "1", "--pid", "1", "forget"}, "--pid names a process twice (found 1)"},
      {{"--pid", "1", "--pid", "2", "full", "--all", "/none"},
       "cpctl: full: with several --pid, FILE is a directory that exists (found '/none')\n"},
      {{"--pid", "1", "--pid", "2", "full", "--all", "-"},
       "with several --pid, FILE is a directory that exists (found '-')"},
      {{"verify", "-", "-"}, "'-' stands more than once: there is one standard input"},
      {{"--pid", "1", "info", "x"}, "unrecognised option '--pid"},
      {{"list"}, "cpctl: list: an argument is missing\nhint: usage: cpctl list DIR\n"},
      {{"watch", "--every", "5s", "dir"}, "cpctl: watch: --pid PID is missing\n"},
      {{"--pid", "1", "watch", "--every", "5s"}, "cpctl: watch: an argument is missing\n"},
      {{"merge", "a"}, "-o FILE is missing"},
      {{"cat", "a"}, "cat: --range A-B or --map NAME is missing\nhint: usage: cpctl cat (--range "},
      {{"cat", "--range", "2000-1000", "a"},
       "--range takes A-B in hex, A below B (found '2000-1000')"},
      {{"cat", "--range", "1-2", "--holes", "x", "a"}, "--holes takes error or zero (found 'x')"},
      {{"cat", "--range", "1-2", "--missing-files", "skip", "a"},
       "--missing-files takes error or zero (found 'skip')"},
      {{"extract", "--range", "1-2", "a"}, "-o FILE is missing"},
      {{"diff", "a"}, "diff: an argument is missing\nhint: usage: cpctl diff [--range A-B "},
      {{"diff", "--hex", "--limit", "x", "a", "b"}, "--limit takes a number of rows (found 'x')"},
      {{"diff", "--chain", "-", "a", "b"}, "--chain takes the name of a file (found -)"},
      {{"core", "a"}, "-o FILE is missing"},
      {{"core", "-o", "x", "--missing-files", "y", "a"},
       "--missing-files takes error, skip or zero (found 'y')"},
  };
  for (const WrongUse& use : table) {
    const Outcome outcome = run(use.words);
    EXPECT_EQ(outcome.status, 2) << use.message;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(use.message));
    EXPECT_THAT(outcome.err, HasSubstr("\nhint: "));
  }
}

TEST_F(Cli, OptionsMayStandAnywhere) {
  make_samples();
  const std::string expected = run({"info", "--json", path("full")}).out;
  EXPECT_THAT(expected, StartsWith("{"));
  EXPECT_EQ(run({"--json", "info", path("full")}).out, expected);
  EXPECT_EQ(run({"info", path("full"), "--json"}).out, expected);
  EXPECT_EQ(run({"info", "--json", "--", path("full")}).out, expected);
}

TEST_F(Cli, AFullStandardOutputIsAnError) {
  make_samples();
  const Outcome outcome = run({"info", path("full"), "--json"});
  ASSERT_EQ(outcome.status, 0);
  const std::string command = checkpoint::str("'", cpctl_program, "' info '", path("full"),
                                              "' >/dev/full 2>'", path("said"), "'");
  EXPECT_EQ(std::system(command.c_str()), 1 << 8);
  EXPECT_EQ(checkpoint::read_file(path("said")),
            "cpctl: standard output: cannot write: No space left on device\n");
}

TEST_F(Cli, AnOutputFileIsNotStandardOutput) {
  make_samples();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"merge"}, {"core"}, {"extract", "--range", "10000-11000"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"-o", "-", path("full")});
    const Outcome outcome = run(all);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err,
              "cpctl: " + words.front() +
                  ": the file to make needs a name (found -)\nhint: 'cpctl cat' writes to "
                  "standard output; a file of that name is ./-\n");
  }
}

}  // namespace
}  // namespace cpctl
