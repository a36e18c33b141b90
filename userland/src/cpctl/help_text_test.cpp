// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/help_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cpctl/command.h"

namespace cpctl {
namespace {

TEST(HelpText, IsThereForEachCommandInTheOrderOfTheTable) {
  std::vector<std::string_view> with_text;
  std::vector<std::string_view> in_table;
  for (const HelpText& text : help_texts()) with_text.push_back(text.command);
  for (const Command& command : commands()) in_table.push_back(command.name);
  EXPECT_EQ(with_text, in_table);
}

TEST(HelpText, IsSomeLinesAndExamplesOfTheCommand) {
  for (const HelpText& text : help_texts()) {
    const auto lines = std::count(text.details.begin(), text.details.end(), '\n');
    EXPECT_TRUE(lines >= 1 && lines <= 6 && text.details.ends_with('\n')) << text.command;
    EXPECT_FALSE(text.examples.empty()) << text.command;
    for (const Example& example : text.examples) {
      EXPECT_FALSE(example.says.empty()) << text.command;
      const Command& command = find_command(text.command);
      EXPECT_TRUE(example.command.starts_with(is_live(command) ? "cpctl --pid 1234 " : "cpctl "))
          << example.command;
      EXPECT_NE(example.command.find(text.command), std::string_view::npos) << example.command;
    }
  }
}

}  // namespace
}  // namespace cpctl
