// SPDX-License-Identifier: GPL-2.0-or-later
// cp_test and inc_cp_test: arrays of several sizes, checked by the programs
// themselves; the inc is the smaller file.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

off_t size_of(const char* path) {
  struct stat st {};
  REQUIRE(stat(path, &st) == 0, path, std::strerror(errno));
  return st.st_size;
}

void run_both(const std::string& size) {
  for (const char* name : {"cp_test", "inc_cp_test"}) {
    Output output = run({program(name), size});
    EXPECT_EQ(output.status, 0, name, size, output.text);
  }
  off_t full = size_of("cp_P2"), inc = size_of("inc_cp_P2");
  EXPECT(inc <= full, "inc_cp_P2", inc, "cp_P2", full);
  for (const char* path : {"cp_P1", "cp_P2", "inc_cp_P1", "inc_cp_P2"}) {
    open_image(path);
    unlink(path);
  }
}

}  // namespace

TEST_CASE(one_page) {
  run_both("1");
}
TEST_CASE(sixty_four_kibibytes) {
  run_both("64K");
}
TEST_CASE(a_size_that_is_no_whole_page) {
  run_both("100000");
}
TEST_CASE(sixteen_mebibytes) {
  run_both(std::to_string(scaled(16, 2)) + "M");
}
TEST_CASE(sixty_four_mebibytes) {
  run_both(std::to_string(scaled(64, 8)) + "M");
}

TEST_CASE(they_find_what_is_wrong) {
  // A program that passes whatever it reads would be no test.
  Output output = run({program("cp_test"), "64K"});
  REQUIRE_EQ(output.status, 0, output.text);
  EXPECT_EQ(run({program("cp_test"), "64K"}).status, 1, "the files exist");
  unlink("cp_P1");
  unlink("cp_P2");
  for (const char* size : {"x", "0", "-1", "1T", "4KB", ""})
    EXPECT_EQ(run({program("cp_test"), size}).status, 2, size);
}
