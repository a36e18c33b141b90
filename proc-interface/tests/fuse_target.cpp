// SPDX-License-Identifier: GPL-2.0-or-later
// The process is itself the server of the file system that the image goes to,
// and of a file that it maps: nobody waits for anybody.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/fuse.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t part = 64;
constexpr int rw = PROT_READ | PROT_WRITE;

/// Memory, a private and a shared mapping of the served file, in one range.
void serve(Child::Steps& steps) {
  Fuse fuse("served", part * page_size);
  Area area(3 * part);
  int fd = open(fuse.file().c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE_CALL(fd);
  fill(area, 1);
  REQUIRE(mmap(area.page(part), part * page_size, rw, MAP_PRIVATE | MAP_FIXED, fd, 0) !=
          MAP_FAILED);
  REQUIRE(mmap(area.page(2 * part), part * page_size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) !=
          MAP_FAILED);
  close(fd);
  steps.tell(area.range().start);
  steps.pause();
  touch(area.page(3));
  touch(area.page(part + 3));
  steps.pause();
}

}  // namespace

TEST_CASE(a_server_of_its_own_image) {
  Child target(serve);
  const std::uint64_t start = target.value();
  const Range range{start, start + 3 * part * page_size};
  Checkpointer opened(target.pid());
  REQUIRE_EQ(errno_text(opened.full(range, "served/full")), "0");
  const std::string full = picture("served/full", range);
  EXPECT_EQ(full, std::string(part, 'D') + std::string(part, 'F') + std::string(part, 'D'));
  expect_chain_equals_memory({"served/full"}, range, target.pid());
  target.step();
  REQUIRE_EQ(errno_text(opened.inc(range, "served/inc")), "0");
  std::string expected = std::string(part, '.') + std::string(part, 'F') + std::string(part, 'D');
  expected[3] = expected[part + 3] = 'D';
  EXPECT_EQ(picture("served/inc", range), expected);
  expect_chain_equals_memory({"served/full", "served/inc"}, range, target.pid());
  target.finish();
}

// It dies with its file system: the image can't be finished.
TEST_CASE(a_server_that_is_killed) {
  const int rounds = scaled(6, 3);
  for (int i = 0; i < rounds; i++) {
    Child target(serve);
    const std::uint64_t start = target.value();
    const Range range{start, start + 3 * part * page_size};
    CommandProcess command(target.pid(), command_text("full", range, "served/full"));
    usleep(static_cast<useconds_t>(i * 5000));
    target.kill();
    // Any error will do, as long as it comes; or all of it was written before.
    EXPECT(command.result() >= 0, command.result());
    run({"umount", "-l", "served"});
  }
}
