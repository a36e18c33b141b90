// SPDX-License-Identifier: GPL-2.0-or-later
// gdb opens a full image as the core file that it is, and prints the memory.
#include <unistd.h>

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
std::string examine(std::uint64_t address) {
  return "x/2gd " + std::to_string(address);
}

}  // namespace

// An image of the array alone, and of everything.
TEST_CASE(the_values_of_an_array) {
  require_thorough();
  Child target([](Child::Steps& steps) {
    Area area(64);
    auto* array = reinterpret_cast<long*>(area.data());
    array[5000] = 1234567890123;
    array[5001] = -42;
    steps.tell(area.range().start);
    steps.pause();
  });
  const std::uint64_t array = target.value();
  Checkpointer opened(target.pid());
  const Range whole{0, ~std::uint64_t{0}}, alone{array, array + 64 * page_size};
  for (const Range& range : {alone, whole}) {
    REQUIRE_EQ(opened.full(range, "core"), 0);
    // A page that was never touched reads as zeros.
    const std::string text = gdb("core", {examine(array + 5000 * sizeof(long)),
                                          examine(array + 40 * page_size), "info proc mappings"});
    EXPECT(text.find(":\t1234567890123\t-42") != std::string::npos, text);
    EXPECT(text.find(":\t0\t0") != std::string::npos, text);
    // NT_FILE: gdb knows what was mapped where.
    EXPECT(range != whole || text.find("/images_in_gdb") != std::string::npos, text);
    unlink("core");
  }
}
