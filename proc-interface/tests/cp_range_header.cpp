// SPDX-License-Identifier: GPL-2.0-or-later
// cp_range.h: numbered files, CP_RANGE_DIR, and the forms with a path.
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "cp_range.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

unsigned char* last_byte(const Area& area) {
  return area.data() + area.bytes() - 1;
}

}  // namespace

TEST_CASE(each_kind_counts_by_itself) {
  Area area(8);
  fill(area, 1);
  REQUIRE_EQ(inc_cp_range(area.data(), last_byte(area)), 0);
  touch(area.page(2));
  REQUIRE_EQ(inc_cp_range(area.data(), last_byte(area)), 0);
  touch(area.page(3));
  REQUIRE_EQ(cp_range(area.data(), last_byte(area)), 0);
  touch(area.page(4));
  REQUIRE_EQ(inc_cp_range(area.data(), last_byte(area)), 0);
  EXPECT_EQ(picture("inc_cp_P1", area.range()), "DDDDDDDD");
  EXPECT_EQ(picture("inc_cp_P2", area.range()), "..D.....");
  EXPECT_EQ(picture("cp_P1", area.range()), "DDDDDDDD");
  EXPECT_EQ(picture("inc_cp_P3", area.range()), "....D...");
  expect_chain_equals_memory({"cp_P1", "inc_cp_P3"}, area.range());
  EXPECT(!exists("cp_P2"));
}

TEST_CASE(numbers_that_exist_are_passed_over) {
  std::ofstream("cp_P2") << "kept";
  Area area(2);
  REQUIRE_EQ(cp_range(area.data(), last_byte(area)), 0);
  EXPECT(exists("cp_P3"));
  EXPECT_EQ(slurp("cp_P2"), "kept");
}

TEST_CASE(another_directory) {
  REQUIRE_CALL(mkdir("else where", 0700));
  setenv("CP_RANGE_DIR", "else where", 1);
  Area area(2);
  fill(area, 2);
  REQUIRE_EQ(cp_range(area.data(), last_byte(area)), 0);
  setenv("CP_RANGE_DIR", "no such", 1);
  EXPECT_EQ(cp_range(area.data(), last_byte(area)), -1);
  EXPECT_EQ(errno_text(errno), "ENOENT");
  unsetenv("CP_RANGE_DIR");
  // The count goes on: it is of the process, not of the directory.
  expect_chain_equals_memory({"else where/cp_P4"}, area.range());
}

TEST_CASE(forms_with_a_path) {
  Area area(4);
  fill(area, 3);
  REQUIRE_EQ(cp_range_to(area.data(), last_byte(area), " leading space"), 0);
  touch(area.page(1));
  REQUIRE_EQ(inc_cp_range_to(area.data(), last_byte(area), "trailing newline\n"), 0);
  expect_chain_equals_memory({" leading space", "trailing newline\n"}, area.range());

  EXPECT_EQ(cp_range_to(area.data(), last_byte(area), " leading space"), -1);
  EXPECT_EQ(errno_text(errno), "EEXIST");
  EXPECT_EQ(cp_range_to(area.data(), last_byte(area), ""), -1);
  EXPECT_EQ(errno_text(errno), "ENOENT");
  EXPECT_EQ(cp_range_to(area.data(), area.data(), "one byte"), -1);
  EXPECT_EQ(errno_text(errno), "EINVAL");
  EXPECT_EQ(cp_range_to(last_byte(area), area.data(), "backwards"), -1);
  EXPECT_EQ(errno_text(errno), "EINVAL");
  const std::string longest(5000, 'x');
  EXPECT_EQ(cp_range_to(area.data(), last_byte(area), longest.c_str()), -1);
  EXPECT_EQ(errno_text(errno), "ENAMETOOLONG");
}

TEST_CASE(threads_get_a_file_each) {
  REQUIRE_CALL(mkdir("threads", 0700));
  setenv("CP_RANGE_DIR", "threads", 1);
  std::vector<std::thread> all;
  for (int i = 0; i < 4; i++)
    all.emplace_back([] {
      Area area(4);
      for (int round = 0; round < 8; round++) EXPECT_EQ(cp_range(area.data(), last_byte(area)), 0);
    });
  for (std::thread& thread : all) thread.join();
  unsetenv("CP_RANGE_DIR");
  int files = 0;
  for (int number = 1; number < 100; number++)
    files += exists("threads/cp_P" + std::to_string(number));
  EXPECT_EQ(files, 32);
}
