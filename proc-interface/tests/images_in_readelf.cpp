// SPDX-License-Identifier: GPL-2.0-or-later
// readelf shows every kind of image without a warning.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

void expect_no_warning(const std::string& path) {
  Output output = run({"readelf", "-a", "-W", path});
  if (output.status == 127) SKIP("no readelf");
  EXPECT_EQ(output.status, 0, path);
  for (const char* word : {"arning", "rror", "orrupt", "readelf:"})
    EXPECT(output.text.find(word) == std::string::npos, path, word, "in",
           output.text.substr(0, 3000));
  EXPECT(output.text.find("CORE (Core file)") != std::string::npos, path);
  EXPECT(output.text.find("PROC_CKPT") != std::string::npos, path);
}

}  // namespace

TEST_CASE(full_inc_and_empty_ones) {
  Area area(32);
  for (std::size_t i = 3; i < 20; i++) touch(area.page(i));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  touch(area.page(4));
  REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
  REQUIRE_EQ(self.inc(area.range(), "nothing"), 0);
  REQUIRE_CALL(munmap(area.data(), area.bytes()));
  REQUIRE_EQ(self.inc(area.range(), "unmapped"), 0);
  REQUIRE_EQ(self.full(area.range(), "hole"), 0);
  for (const char* path : {"full", "inc", "nothing", "unmapped", "hole"}) expect_no_warning(path);
}

TEST_CASE(files_and_skipped_pages) {
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  REQUIRE_CALL(fd);
  Area area(400, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
  close(fd);
  touch(area.page(1));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "files"), 0);
  expect_no_warning("files");
}

TEST_CASE(a_whole_process) {
  Child target([](Child::Steps& steps) { steps.pause(); });
  REQUIRE_EQ(Checkpointer(target.pid()).command("full 0 0xffffffffffffffff whole"), 0);
  expect_no_warning("whole");
  Output notes = run({"readelf", "-n", "-W", "whole"});
  EXPECT(notes.text.find("NT_FILE") != std::string::npos);
  EXPECT(notes.text.find("NT_PRPSINFO") != std::string::npos);
}
