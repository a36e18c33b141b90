// SPDX-License-Identifier: GPL-2.0-or-later
// gdb opens a full image as the core file that it is, and prints the memory.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

std::string gdb(const std::string& image, const std::vector<std::string>& commands) {
  std::vector<std::string> arguments{"gdb", "-nx", "-batch", "-core", image};
  for (const std::string& command : commands) arguments.insert(arguments.end(), {"-ex", command});
  Output output = run(arguments);
  if (output.status == 127) SKIP("no gdb");
  EXPECT(output.text.find("arning: c") == std::string::npos, output.text);
  return output.text;
}

/// Two numbers at an address.
std::string examine(const void* address) {
  char command[64];
  std::snprintf(command, sizeof command, "x/2gd %p", address);
  return command;
}

}  // namespace

TEST_CASE(the_values_of_an_array) {
  Area area(64);
  auto* array = reinterpret_cast<long*>(area.data());
  array[5000] = 1234567890123;
  array[5001] = -42;
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "core"), 0);
  // A page that was never touched reads as zeros.
  std::string text = gdb("core", {examine(&array[5000]), examine(area.page(40))});
  EXPECT(text.find("1234567890123") != std::string::npos, text);
  EXPECT(text.find("-42") != std::string::npos, text);
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
  // NT_FILE: gdb knows what was mapped where.
  std::string text =
      gdb("whole", {examine(reinterpret_cast<void*>(target.value())), "info proc mappings"});
  EXPECT(text.find("987654321") != std::string::npos, text);
  EXPECT(text.find("/images_in_gdb") != std::string::npos, text);
}
