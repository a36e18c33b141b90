// SPDX-License-Identifier: GPL-2.0-or-later
// Checkpoints as operations, also some that fail.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "../support/file_size_limit.h"
#include "../support/process.h"
#include "../support/test.h"
#include "checkpoints.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

/// Pages that the newest image has saved though nobody wrote to them.
std::string saved_for_nothing(const World& world) {
  std::string pages;
  for (std::size_t page : world.checkpoints->saved()) {
    const Place& place = world.model.places[page];
    if (!place.has_own_page() || place.pin >= 0 || place.in_pipe || place.hugetlb) continue;
    // One page of a folio that is held, wherever that is by now, makes all of it busy.
    if ((world.ring || world.page_pipe[0] != -1) && world.in_large_folio(page)) continue;
    pages += " " + std::to_string(page) + " (" + text(place) + ")";
  }
  return pages;
}

/// Fails as one of @errors, or succeeds where the image is small.
bool expect_failure(int error, const std::string& path, std::initializer_list<int> errors) {
  if (error == 0) return false;
  bool expected = false;
  for (int one : errors) expected = expected || one == error;
  EXPECT(expected, errno_text(error), "of", path);
  return true;
}

}  // namespace

OPERATION(full) {
  Track& track = world.checkpoints->chosen(operation);
  REQUIRE_EQ(errno_text(world.checkpoints->take(world, track, true)), "0");
  return true;
}

OPERATION(inc) {
  Track& track = world.checkpoints->chosen(operation);
  REQUIRE_EQ(errno_text(world.checkpoints->take(world, track, false)), "0");
  return true;
}

// Nothing is written to meanwhile, so soon no private page is saved any more.
// Not at once: somebody may hold a page for a moment (KSM, khugepaged, a ring
// that is torn down), and then it is saved once more.
OPERATION(inc_again) {
  Track& track = world.checkpoints->chosen(operation);
  std::string saved = "?";
  REQUIRE_EQ(errno_text(world.checkpoints->take(world, track, false)), "0");
  // The others are of the same memory: they do not count.
  const std::uint64_t counted = world.counters.incs;
  for (int i = 0; i < 100 && !saved.empty(); i++) {
    if (i > 0) usleep(20000);
    REQUIRE_EQ(errno_text(world.checkpoints->take(world, track, false)), "0");
    saved = saved_for_nothing(world);
  }
  world.counters.incs = counted;
  EXPECT_EQ(saved, "", "pages are saved again and again");
  return true;
}

OPERATION(inc_exists) {
  const std::string path = world.checkpoints->new_path("there");
  close(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const int error =
      world.checkpoints->take_at(world, world.checkpoints->chosen(operation), false, path);
  EXPECT_EQ(errno_text(error), "EEXIST");
  EXPECT(exists(path));
  return true;
}

OPERATION(inc_limited) {
  const std::string path = world.checkpoints->new_path("limited");
  Track& track = world.checkpoints->chosen(operation);
  world.checkpoints->end_stream(world, Checkpoints::End::drained);
  signal(SIGXFSZ, SIG_IGN);
  int error = 0;
  {
    FileSizeLimit limit(10000 + operation.d % 200000);
    error = world.checkpoints->take_at(world, track, false, path);
  }
  if (!expect_failure(error, path, {EFBIG})) return false;
  EXPECT(!exists(path));
  return true;
}

OPERATION(inc_no_space) {
  const std::string name = world.checkpoints->new_path("small");
  const std::string path = world.around.small() + "/" + name;
  Track& track = world.checkpoints->chosen(operation);
  const int error = world.checkpoints->take_at(world, track, false, path);
  if (expect_failure(error, path, {ENOSPC})) {
    EXPECT(!exists(path));
    return true;
  }
  // Elsewhere, the next one has room.
  std::filesystem::copy_file(path, name);
  unlink(path.c_str());
  track.paths.back() = name;
  return false;
}

OPERATION(inc_full_device) {
  Track& track = world.checkpoints->chosen(operation);
  const int error = world.checkpoints->take_at(world, track, false, "/dev/full");
  EXPECT(error != 0);
  return expect_failure(error, "/dev/full", {ENOSPC, EINVAL});
}

OPERATION(inc_killed) {
  world.checkpoints->take_and_kill(world, world.checkpoints->chosen(operation),
                                   operation.d % 40000);
  return true;
}

OPERATION(stream_begin) {
  return world.checkpoints->begin_stream(world, world.checkpoints->chosen(operation));
}

OPERATION(stream_end) {
  using End = Checkpoints::End;
  const unsigned choice = operation.d % 8;
  return world.checkpoints->end_stream(world, choice == 0  ? End::killed
                                              : choice < 3 ? End::abandoned
                                                           : End::drained);
}

OPERATION(clear_refs) {
  (void)operation;
  world.checkpoints->clear_refs();
  return true;
}

OPERATION(forget) {
  (void)operation;
  world.checkpoints->end_stream(world, Checkpoints::End::drained);
  world.checkpoints->forget();
  return true;
}

OPERATION(compare_memory) {
  (void)operation;
  world.expect_memory_is_as_modelled();
  return true;
}

}  // namespace test::random
