// SPDX-License-Identifier: GPL-2.0-or-later
// The command line by itself: help, versions, and what is wrong with it.
#include "cli.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

TEST_F(Cli, PrintsItsVersion) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("cpctl "));
}

TEST_F(Cli, HelpListsEveryCommand) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"-h"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0);
    for (const Command& command : commands())
      EXPECT_THAT(outcome.out, HasSubstr(checkpoint::str("\n  ", command.name)));
  }
}

TEST_F(Cli, HelpOfEveryCommandHasItsUsageAndOptions) {
  for (const Command& command : commands()) {
    const Outcome outcome = run({"help", std::string(command.name)});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("usage: " + usage_line(command)));
    EXPECT_EQ(run({std::string(command.name), "--help"}).out, outcome.out);
  }
}

TEST_F(Cli, TheManPageHasEveryCommandAndOption) {
  const std::string page = checkpoint::read_file(man_page);
  for (const Command& command : commands())
    EXPECT_THAT(page, HasSubstr(checkpoint::str("\n.B ", command.name))) << command.name;
  for (const char* option :
       {"pid",     "json",  "force",       "output",          "range",        "map",
        "all",     "holes", "no\\-verify", "pages",           "top",          "over\\-time",
        "compare", "svg",   "html",        "ascii",           "color",        "quiet",
        "hex",     "limit", "chain",       "missing\\-files", "every",        "full\\-every",
        "keep",    "count", "keep\\-last", "keep\\-since",    "keep\\-every", "dry\\-run"})
    EXPECT_THAT(page, HasSubstr(checkpoint::str("\\-\\-", option))) << option;
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
      {{"info", "--js", "a"}, "unrecognised option '--js'"},
      {{"info", "--force", "a"}, "unrecognised option '--force'"},
      {{"status"}, "cpctl: status: --pid PID is missing\n"},
      {{"--pid", "x", "status"}, "--pid takes the number of a process (found 'x')"},
      {{"--pid", "0", "status"}, "--pid takes the number of a process (found '0')"},
      {{"--pid=-1", "status"}, "--pid takes the number of a process (found '-1')"},
      {{"status", "--pid"}, "the required argument for option '--pid' is missing"},
      {{"--pid", "1", "--pid", "2", "status"},
       "cpctl: status: this command takes one --pid (found 2)\n"},
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
      {{"cat", "a"}, "--range A-B is missing"},
      {{"cat", "--range", "2000-1000", "a"},
       "--range takes A-B in hex, A below B (found '2000-1000')"},
      {{"cat", "--range", "1-2", "--holes", "x", "a"}, "--holes takes error or zero (found 'x')"},
      {{"extract", "--range", "1-2", "a"}, "-o FILE is missing"},
      {{"diff", "a"}, "diff: an argument is missing\nhint: usage: cpctl diff A B\n"},
      {{"diff", "--hex", "--limit", "x", "a", "b"}, "--limit takes a number of rows (found 'x')"},
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
  const std::string command =
      checkpoint::str("'", cpctl_program, "' info '", path("full"), "' >/dev/full 2>/dev/null");
  EXPECT_EQ(std::system(command.c_str()), 1 << 8);
}

}  // namespace
}  // namespace cpctl
