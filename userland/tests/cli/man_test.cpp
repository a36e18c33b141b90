// SPDX-License-Identifier: GPL-2.0-or-later
// The manual pages against what they are about.
#include <linux/proc_checkpoint.h>

#include <algorithm>
#include <cstring>
#include <regex>
#include <set>

#include "cli.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

using Words = std::set<std::string>;

/// The first group of all that matches.
Words find_all(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern, std::regex::ECMAScript | std::regex::multiline);
  Words words;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    words.insert((*match)[1]);
  return words;
}

/// A page as one reads it: without the escapes of hyphens.
std::string page(const std::string& path) {
  std::string text = checkpoint::read_file(path);
  for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) text.erase(at, 1);
  return text;
}

/// From the line @from to the next line that starts as @to does.
std::string section(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find("\n" + from + "\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find("\n" + to, begin + from.size()) - begin);
}

const std::string kTag = R"(^\.TP\n\.B ([\w.]+)$)";

class Man : public Cli {
 protected:
  const std::string cpctl_page_ = page(source("man/cpctl.1"));
  const std::string file_page_ = page(source("man/proc_checkpoint.5"));
};

TEST_F(Man, HasExactlyTheCommands) {
  Words expected;
  for (const Command& command : commands()) expected.emplace(command.name);
  EXPECT_EQ(find_all(section(cpctl_page_, ".SS Commands on a live process", ".SH"), kTag),
            expected);
}

TEST_F(Man, HasExactlyTheOptions) {
  Words expected = {"--version"};
  for (const Command& command : commands())
    for (const std::string& word : option_words(command.options))
      expected.insert(word.substr(0, word.find('=')));
  EXPECT_EQ(find_all(cpctl_page_, "(--[a-z][a-z-]*)"), expected);
}

TEST_F(Man, SaysWhichCommandsTakeTheNameOfAMapping) {
  const std::string option = section(cpctl_page_, R"(.BI --map " NAME")", ".TP");
  const std::string commands_named = option.substr(0, option.find(':'));
  for (const Command& command : commands()) {
    const auto takes = std::count(command.options.begin(), command.options.end(), Option::map_name);
    EXPECT_EQ(find_all(commands_named, checkpoint::str("\\b(", command.name, ")\\b")).size(), takes)
        << command.name;
  }
}

TEST_F(Man, HasExactlyTheExitStatuses) {
  const Words statuses =
      find_all(checkpoint::read_file(source("src/cpctl/exit_status.h")), R"(^\s+\w+ = (\d+),)");
  ASSERT_EQ(statuses.size(), 5U);
  EXPECT_EQ(find_all(section(cpctl_page_, ".SH EXIT STATUS", ".SH"), kTag), statuses);
  const std::string help = run({"help"}).out;
  const std::size_t at = help.find("Exit status: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(find_all(help.substr(at, help.find('.', at) - at), R"((\d+) [a-z])"), statuses);
}

TEST_F(Man, TheSynopsisHasEveryCommandButHelp) {
  const std::string synopsis = section(cpctl_page_, ".SH SYNOPSIS", ".SH");
  for (const Command& command : commands())
    if (command.name != "help") {
      EXPECT_THAT(synopsis, ::testing::ContainsRegex(checkpoint::str("\\b", command.name, "\\b")));
    }
}

TEST_F(Man, HasTheStatusKeysOfTheHeader) {
  const std::string header =
      checkpoint::read_file(source("../proc-interface/uapi/linux/proc_checkpoint.h"));
  const Words keys = find_all(header, R"re(^#define\s+PROC_CHECKPOINT_KEY_\w+\s+"(.*)"$)re");
  ASSERT_GT(keys.size(), 15U);
  EXPECT_EQ(find_all(section(file_page_, ".SS Status", ".SH"), kTag), keys);
}

TEST_F(Man, HasTheLimitsOfTheHeader) {
  EXPECT_THAT(file_page_, HasSubstr(checkpoint::str("longer than ", PROC_CHECKPOINT_CMD_MAX)));
  EXPECT_THAT(file_page_, HasSubstr(checkpoint::str("at most ", PROC_CHECKPOINT_MAX_RANGES)));
}

TEST_F(Man, HasTheErrorsOfTheKernelsDocumentation) {
  const std::string rst =
      checkpoint::read_file(source("../proc-interface/doc/proc-checkpoint.rst"));
  const Words expected = find_all(section(rst, "Errors", "How it works"), R"(^(E[A-Z0-9]+)[ ,\t])");
  ASSERT_GT(expected.size(), 12U);
  Words documented = find_all(section(file_page_, ".SH ERRORS", ".SH"), R"(\b(E[A-Z0-9]+)\b)");
  documented.erase("END");
  documented.erase("ERRORS");
  documented.erase("ELF");
  for (const std::string& name : expected) EXPECT_EQ(documented.count(name), 1U) << name;
  for (const std::string& name : documented) {
    bool known = false;
    for (int error = 1; error < 140; ++error)
      known = known || (::strerrorname_np(error) != nullptr && name == ::strerrorname_np(error));
    EXPECT_TRUE(known) << name;
  }
}

TEST_F(Man, TheFormattersHaveNothingToComplainOf) {
  for (const char* name : {"man/cpctl.1", "man/cp_range.3", "man/proc_checkpoint.5"}) {
    const std::string path = quoted(source(name));
    Outcome outcome = shell("mandoc -T lint -W warning " + path);
    EXPECT_EQ(outcome.out + outcome.err, "");
    EXPECT_EQ(outcome.status, 0);
    outcome = shell("set -o pipefail; tbl " + path + " | groff -man -ww -b -z -T utf8");
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.status, 0);
  }
}

// On images; those on processes run in a guest.
TEST_F(Man, WhatHelpAndPagesShowWorks) {
  checkpoint::make_directories(path("images"));
  for (const char* name : {"heap.0", "one"})
    checkpoint::sample_full().write_to(path("images/") + name);
  for (const char* name : {"heap.1", "two"})
    checkpoint::sample_inc().write_to(path("images/") + name);
  checkpoint::ImageBuilder third = checkpoint::sample_inc();
  third.info().parent = third.info().id;
  third.info().id[0] = 9;
  third.info().seq = 2;
  third.write_to(path("images/heap.2"));
  const Outcome outcome =
      shell(quoted(source("tests/man-examples")) +
            " --images images --range 10000-11000 \"$cpctl\" " + quoted(source("man/cpctl.1")));
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ok cpctl.1: cpctl merge "));
  EXPECT_THAT(outcome.out, HasSubstr("ok cpctl help: cpctl merge "));
  EXPECT_THAT(outcome.out, HasSubstr("ok cpctl help COMMAND: cpctl extract "));
}

}  // namespace
}  // namespace cpctl
