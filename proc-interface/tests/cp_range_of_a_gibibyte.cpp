// SPDX-License-Identifier: GPL-2.0-or-later
// cp_test and inc_cp_test with an array of 1 GiB, where memory allows: the array
// and two images of it are in memory at once.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::uint64_t needed_kib = (3 << 20) + (400 << 10);

}  // namespace

TEST_CASE(one_gibibyte) {
  require_thorough();
  const int mebibytes = scaled(1024, 32);
  const std::uint64_t available = number_in("/proc/meminfo", "MemAvailable");
  if (available < needed_kib * static_cast<std::uint64_t>(mebibytes) / 1024)
    SKIP("only " + std::to_string(available >> 10) + " MiB of memory");
  // A tmpfs has half of the memory unless told.
  REQUIRE_CALL(mkdir("large", 0700));
  REQUIRE_CALL(mount("tmpfs", "large", "tmpfs", 0, "size=90%"));
  REQUIRE_CALL(chdir("large"));
  for (const char* name : {"cp_test", "inc_cp_test"}) {
    Output output = run({program(name), std::to_string(mebibytes) + "M"});
    EXPECT_EQ(output.status, 0, output.text);
    for (const char* path : {"cp_P1", "cp_P2", "inc_cp_P1", "inc_cp_P2"}) unlink(path);
  }
  REQUIRE_CALL(chdir(".."));
  REQUIRE_CALL(umount("large"));
}
