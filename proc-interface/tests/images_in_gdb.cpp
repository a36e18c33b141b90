// SPDX-License-Identifier: GPL-2.0-or-later
// gdb opens a full image as the core file that it is, and prints the memory.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

std::string gdb(const std::string& image, const std::string& command) {
  Output output = run({"gdb", "-nx", "-batch", "-core", image, "-ex", command});
  if (output.status == 127) SKIP("no gdb");
  EXPECT(output.text.find("arning: c") == std::string::npos, output.text);
  return output.text;
}

std::string examine(const std::string& image, const void* address) {
  char command[64];
  std::snprintf(command, sizeof command, "x/2gd %p", address);
  return gdb(image, command);
}

}  // namespace

TEST_CASE(the_values_of_an_array) {
  Area area(64);
  auto* array = reinterpret_cast<long*>(area.data());
  array[5000] = 1234567890123;
  array[5001] = -42;
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "core"), 0);
  std::string text = examine("core", &array[5000]);
  EXPECT(text.find("1234567890123") != std::string::npos, text);
  EXPECT(text.find("-42") != std::string::npos, text);

  // A page that was never touched reads as zeros.
  text = examine("core", area.page(40));
  EXPECT(text.find(":\t0\t0") != std::string::npos, text);
}

TEST_CASE(a_whole_process) {
  Child target([](Child::Steps& steps) {
    Area area(4);
    *reinterpret_cast<long*>(area.page(2)) = 987654321;
    steps.tell(area.range(2, 1).start);
    steps.pause();
  });
  REQUIRE_EQ(Checkpointer(target.pid()).command("full 0 0xffffffffffffffff whole"), 0);
  std::string text = examine("whole", reinterpret_cast<void*>(target.value()));
  EXPECT(text.find("987654321") != std::string::npos, text);

  // NT_FILE: gdb knows what was mapped where.
  text = gdb("whole", "info proc mappings");
  EXPECT(text.find("/images_in_gdb") != std::string::npos, text);
}
