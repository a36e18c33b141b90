// SPDX-License-Identifier: GPL-2.0-or-later
// Commands that look odd and are good: how numbers, spaces and ranges are read.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

std::string hex(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%lx", static_cast<unsigned long>(number));
  return text;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// The command must be taken and save exactly @range to @path.
void expect_saved(const std::string& command, const std::string& path, const Range& range) {
  Checkpointer self;
  int error = self.command(command);
  REQUIRE_EQ(errno_text(error), "0", "for", command);
  checkpoint::Info info = open_image(path).info();
  EXPECT_EQ((Range{info.start, info.end}), range, command);
  expect_chain_equals_memory({path}, range);
  unlink(path.c_str());
}

}  // namespace

TEST_CASE(numbers) {
  Area area(3);
  fill(area, 1);
  const Range range = area.range();
  const std::string start = hex(range.start), end = hex(range.end - 1);
  const std::string dstart = std::to_string(range.start), dend = std::to_string(range.end - 1);

  expect_saved("full 0x" + start + " 0x" + end + " a\n", "a", range);
  expect_saved("full 0x" + upper(start) + " 0x" + upper(end) + " a\n", "a", range);
  expect_saved("full 0x000" + start + " 0x000" + end + " a\n", "a", range);
  expect_saved("full " + dstart + " " + dend + " a\n", "a", range);
  expect_saved("full 0x" + start + " " + dend + " a\n", "a", range);
  // A leading 0 is decimal all the same: there are no octal addresses.
  expect_saved("full 0" + dstart + " 00" + dend + " a\n", "a", range);
}

TEST_CASE(without_a_newline) {
  Area area(1);
  fill(area, 2);
  std::string command = command_text("full", area.range(), "a");
  command.pop_back();
  expect_saved(command, "a", area.range());
}

TEST_CASE(only_one_newline_is_ignored) {
  Area area(1);
  fill(area, 2);
  std::string command = command_text("full", area.range(), "name\n");
  expect_saved(command, "name\n", area.range());
}

TEST_CASE(spaces_between_words_and_within_the_path) {
  Area area(1);
  fill(area, 3);
  const Range range = area.range();
  const std::string start = "0x" + hex(range.start), end = "0x" + hex(range.end - 1);

  expect_saved("full  " + start + "   " + end + "    a\n", "a", range);
  expect_saved("full " + start + " " + end + " two words\n", "two words", range);
  expect_saved("full " + start + " " + end + " trailing  \n", "trailing  ", range);
  expect_saved("full " + start + " " + end + " ta\tb\n", "ta\tb", range);
  expect_saved("full " + start + " " + end + " \"quoted\"\n", "\"quoted\"", range);
  expect_saved("full " + start + " " + end + " ./ leading\n", " leading", range);
}

TEST_CASE(only_whole_pages_are_saved) {
  Area area(4);
  fill(area, 4);
  const Range range = area.range(1, 2);
  const std::uint64_t first = range.start, last = range.end - 1;

  auto command = [](std::uint64_t a, std::uint64_t b) {
    return "full 0x" + hex(a) + " 0x" + hex(b) + " a\n";
  };
  expect_saved(command(first, last), "a", range);
  expect_saved(command(first - page_size + 1, last), "a", range);
  expect_saved(command(first - 1, last), "a", range);
  expect_saved(command(first, last + 1), "a", range);
  expect_saved(command(first, last + page_size - 1), "a", range);
  expect_saved(command(first - page_size + 1, last + page_size - 1), "a", range);
}

TEST_CASE(a_range_without_mappings_is_an_image_without_pages) {
  Area area(4);
  const Range hole = area.range(1, 2);
  REQUIRE_CALL(munmap(area.page(1), 2 * page_size));
  Checkpointer self;
  REQUIRE_EQ(self.full(hole, "hole"), 0);
  checkpoint::Image image = open_image("hole");
  EXPECT_EQ(image.mappings().size(), 0u);
  EXPECT_EQ(image.runs().size(), 0u);
  expect_chain_equals_memory({"hole"}, hole);
  expect_saved("full 0x0 0xfff zero\n", "zero", {0, page_size});
}

TEST_CASE(the_longest_name_and_path) {
  Area area(1);
  fill(area, 5);
  const std::string name(255, 'n');
  expect_saved(command_text("full", area.range(), name), name, area.range());
  std::string path = name;
  while (path.size() + 2 <= 4095) path.insert(0, "./");
  expect_saved(command_text("full", area.range(), path), path, area.range());
}

TEST_CASE(paths_are_relative_to_the_writer) {
  Area area(1);
  fill(area, 6);
  char directory[4096];
  REQUIRE(getcwd(directory, sizeof directory) != nullptr);
  REQUIRE_CALL(mkdir("elsewhere", 0700));
  Checkpointer self;
  REQUIRE_CALL(chdir("elsewhere"));
  REQUIRE_EQ(self.full(area.range(), "a"), 0);
  EXPECT(exists("a"));
  REQUIRE_CALL(chdir(directory));
  EXPECT(exists("elsewhere/a"));
  EXPECT(!exists("a"));
  expect_saved(command_text("full", area.range(), std::string(directory) + "/absolute"), "absolute",
               area.range());
}

TEST_CASE(the_file_offset_of_the_descriptor_does_not_matter) {
  Area area(1);
  fill(area, 7);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "one"), 0);
  (void)self.status();
  REQUIRE_EQ(self.full(area.range(), "two"), 0);
}
