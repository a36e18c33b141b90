// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/options.h"

#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

using Words = std::vector<std::string>;

TEST(TakeCommand, SkipsOptionsAndTheirValues) {
  Words words = {"--json", "--pid", "12", "status", "x"};
  EXPECT_EQ(take_command(words), "status");
  EXPECT_EQ(words, (Words{"--json", "--pid", "12", "x"}));
  words = {"--pid=12", "full"};
  EXPECT_EQ(take_command(words), "full");
  words = {"--json"};
  EXPECT_EQ(take_command(words), "");
  words = {"--map", "heap", "-f", "-o", "raw", "--every=1s", "extract", "image"};
  EXPECT_EQ(take_command(words), "extract");
  EXPECT_EQ(words, (Words{"--map", "heap", "-f", "-o", "raw", "--every=1s", "image"}));
  // (neither is an option with a value)
  words = {"--maps", "cat", "-oraw", "heap"};
  EXPECT_EQ(take_command(words), "cat");
  EXPECT_EQ(take_command(words), "heap");
}

TEST(ParseOptions, FillsThePlainStruct) {
  const Options options =
      parse_options({"-p", "12", "-o", "out", "--range=1-2", "--force", "a", "b"},
                    {Option::pid, Option::output, Option::range, Option::force});
  EXPECT_EQ(options.pid, 12U);
  EXPECT_EQ(options.output, "out");
  EXPECT_EQ(options.range, "1-2");
  EXPECT_TRUE(options.force);
  EXPECT_FALSE(options.json);
  EXPECT_EQ(options.arguments, (Words{"a", "b"}));
}

TEST(ParseOptions, PidMayStandMoreThanOnceWhereTheCommandTakesIt) {
  const Words words = {"-p", "12", "--pid=13"};
  const Options options = parse_options(words, {Option::pids});
  EXPECT_EQ(options.pids, (std::vector<std::uint64_t>{12, 13}));
  EXPECT_EQ(options.pid, 12U);
  EXPECT_THROW(parse_options(words, {Option::pid}), checkpoint::Error);
}

TEST(ParseOptions, MapIsNotMappings) {
  EXPECT_TRUE(parse_options({"--mappings", "a"}, {Option::show_map}).show_map);
  EXPECT_FALSE(parse_options({"a"}, {Option::show_map}).show_map);
  EXPECT_THROW(parse_options({"--map", "a"}, {Option::show_map}), checkpoint::Error);
  EXPECT_EQ(parse_options({"--map", "a"}, {Option::map_name}).map_name, "a");
}

TEST(ParseOptions, RefusesOptionsOfOtherCommands) {
  EXPECT_THROW(parse_options({"--json"}, {Option::pid}), checkpoint::Error);
}

TEST(ParseOptions, NamesAnOptionThatLooksLikeAPlaceholder) {
  for (const char* option : {"--%canonical_option%", "--%original_token%", "--100%"}) {
    try {
      parse_options({option}, {Option::json});
      FAIL() << option;
    } catch (const checkpoint::Error& error) {
      EXPECT_EQ(error.problem(), checkpoint::str("unrecognised option '", option, "'"));
    }
  }
}

}  // namespace
}  // namespace cpctl
