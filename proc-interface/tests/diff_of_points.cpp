// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl diff on images by the kernel: what a process changed between two
// checkpoints, to the byte; and cpctl heatmap, to the page.
#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "support/checkpointer.h"
#include "support/memory.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

std::string diff(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {cpctl(), "diff"});
  Output output = run(arguments);
  REQUIRE_EQ(output.status, 0, output.text);
  return output.text;
}

/// In JSON, without its blanks.
std::string heatmap(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {cpctl(), "heatmap", "--json"});
  Output output = run(arguments);
  REQUIRE_EQ(output.status, 0, output.text);
  std::erase_if(output.text, [](unsigned char c) { return std::isspace(c) != 0; });
  return output.text;
}

std::string range_text(const Range& range) {
  std::ostringstream text;
  text << std::hex << "0x" << range.start << "-0x" << range.end;
  return text.str();
}

}  // namespace

TEST_CASE(the_bytes_that_a_process_changed) {
  Area area(16);
  fill(area, 1);
  const Range range = area.range();
  Checkpointer opened;
  REQUIRE_EQ(opened.full(range, "0"), 0);
  area.page(2)[100] ^= 0xff;
  area.page(2)[101] ^= 0xff;
  area.page(3)[4095] ^= 0xff;
  area.page(9)[0] ^= 0xff;
  area.page(12)[7] = area.page(12)[7];  // the same byte, though the page is in the inc
  *reinterpret_cast<volatile unsigned char*>(area.page(12)) = area.page(12)[0];
  REQUIRE_EQ(opened.inc(range, "1"), 0);
  area.page(9)[0] ^= 0xff;  // back again
  REQUIRE_EQ(opened.inc(range, "2"), 0);

  const std::string whole = range_text(range) + " rw-p";
  EXPECT_EQ(diff({"0", "1"}),
            whole + ": 3 of 16 pages changed (4 bytes)\n" + "total: 3 pages changed (4 bytes)\n");
  EXPECT_EQ(diff({"--pages", "0", "1"}),
            whole + "\n  " + range_text(area.range(2, 2)) + " 2 changed (3 bytes)\n  " +
                range_text(area.range(9, 1)) + " 1 changed (1 bytes)\n" +
                "  3 of 16 pages changed (4 bytes)\n" + "total: 3 pages changed (4 bytes)\n");
  EXPECT_EQ(diff({"0", "2"}),
            whole + ": 2 of 16 pages changed (3 bytes)\n" + "total: 2 pages changed (3 bytes)\n");
  EXPECT_EQ(diff({"2", "1"}),
            whole + ": 1 of 16 pages changed (1 bytes)\n" + "total: 1 pages changed (1 bytes)\n");
  EXPECT_EQ(diff({"1", "1"}), "no difference\n");
}

TEST_CASE(memory_that_came_and_went) {
  Area area(16);
  fill(area, 2);
  const Range range = area.range();
  const auto* first = area.page(0);
  const auto zeros = std::count(first, first + page_size, 0);
  Checkpointer opened;
  REQUIRE_EQ(opened.full(range, "before"), 0);
  REQUIRE_CALL(munmap(area.page(4), 2 * page_size));
  REQUIRE_CALL(mprotect(area.page(8), 8 * page_size, PROT_READ));
  REQUIRE_CALL(madvise(area.page(0), page_size, MADV_DONTNEED));
  REQUIRE_EQ(opened.inc(range, "after"), 0);
  // It reads as zeros now.
  const std::string bytes = "(" + std::to_string(page_size - zeros) + " bytes)";
  EXPECT_EQ(diff({"before", "after"}),
            range_text(area.range(0, 4)) + " rw-p: 1 of 4 pages changed " + bytes + "\n" +
                range_text(area.range(0, 16)) + " rw-p: 2 of 16 pages unmapped\n" +
                range_text(area.range(8, 8)) +
                " r--p (was rw-p): 8 of 8 pages with another protection\n" +
                "total: 1 pages changed " + bytes + ", 2 unmapped, 8 with another protection\n");
}

TEST_CASE(how_often_each_page_changed) {
  Area area(16);
  fill(area, 1);
  REQUIRE_CALL(madvise(area.page(6), page_size, MADV_DONTNEED));
  const Range range = area.range();
  Checkpointer opened;
  REQUIRE_EQ(opened.full(range, "heat0"), 0);
  const std::vector<std::vector<std::size_t>> written = {{2, 3, 9}, {9}, {}, {6, 9, 15}};
  std::vector<std::string> paths = {"heat0"};
  std::size_t changes[16] = {};
  std::string by_inc;
  for (const auto& pages : written) {
    for (const std::size_t page : pages) {
      touch(area.page(page));
      changes[page]++;
    }
    paths.push_back("heat" + std::to_string(paths.size()));
    REQUIRE_EQ(opened.inc(range, paths.back()), 0);
    by_inc += (by_inc.empty() ? "" : ",") + std::to_string(pages.size());
  }
  std::ostringstream expected;
  expected << R"("changes":7,"incs_changed":3,"changes_by_inc":[)" << by_inc << R"(],"buckets":[)";
  for (std::size_t page = 0; page < area.pages(); page++)
    expected << (page == 0 ? "" : ",") << std::hex << R"({"start":"0x)" << area.range(page, 1).start
             << R"(","end":"0x)" << area.range(page, 1).end << std::dec << R"(","changes":)"
             << changes[page] << '}';
  const std::string found = heatmap(paths);
  EXPECT(found.find(expected.str()) != std::string::npos, "wanted", expected.str(), "in", found);
}
