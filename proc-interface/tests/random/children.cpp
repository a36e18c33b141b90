// SPDX-License-Identifier: GPL-2.0-or-later
// Forked children: they share pages with the process, until they write.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

/// What a child writes, so that it needs no memory for it.
unsigned char mark(const Operation& operation) {
  return static_cast<unsigned char>(1 + operation.d % 255);
}

/// In the child, which may only do what a signal handler may.
void write_marks(World& world, const Operation& operation, std::size_t count) {
  for (std::size_t i = 0; i < count; i++)
    std::memset(world.page(operation.a + i), mark(operation), page_size);
}

void end_child(World& world) {
  kill(world.child, SIGKILL);
  waitpid(world.child, nullptr, 0);
  world.child = -1;
}

}  // namespace

OPERATION(child_writes) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable);
  pid_t child = fork();
  REQUIRE_CALL(child);
  if (child == 0) {
    write_marks(world, operation, count);
    _exit(0);
  }
  int status = 0;
  REQUIRE_CALL(waitpid(child, &status, 0));
  REQUIRE_EQ(status, 0, "of the child");
  const std::vector<std::byte> bytes(page_size, std::byte{mark(operation)});
  for (std::size_t i = 0; i < count; i++)
    if (world.model.places[operation.a + i].backing == Backing::shared)
      world.wrote(operation.a + i, 0, bytes);
  return true;
}

// As between vfork() and exec: the process itself, as long as it waits.
OPERATION(vfork_writes) {
  struct Writes {
    World& world;
    const Operation& operation;
    std::size_t count;
  } writes{world, operation, world.model.run(operation.a, operation.b, &Place::writable)};
  alignas(16) static thread_local unsigned char stack[4 * page_size];
  const pid_t child = clone(
      [](void* argument) {
        const auto& write = *static_cast<Writes*>(argument);
        write_marks(write.world, write.operation, write.count);
        return 0;
      },
      stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &writes);
  REQUIRE_CALL(child);
  int status = 0;
  REQUIRE_CALL(waitpid(child, &status, 0));
  REQUIRE_EQ(status, 0, "of the child");
  world.wrote(operation.a, 0,
              std::vector<std::byte>(writes.count * page_size, std::byte{mark(operation)}));
  return writes.count > 0;
}

// It keeps the pages of this moment; the next such operation ends it.
OPERATION(child_stays) {
  if (world.child != -1) {
    end_child(world);
    return true;
  }
  if (operation.d % 2 != 0) return false;
  const std::size_t count = world.model.run(operation.a, operation.b, [](const Place& place) {
    return place.is_private() && place.writable();
  });
  int ends[2];
  REQUIRE_CALL(pipe(ends));
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    write_marks(world, operation, count);
    // It must not keep rings, FIFOs and the like alive.
    close_range(3, ~0U, 0);
    for (;;) pause();
  }
  // It has written once it has closed its end.
  close(ends[1]);
  char byte;
  const ssize_t got = read(ends[0], &byte, 1);
  close(ends[0]);
  REQUIRE_CALL(child);
  world.child = child;
  REQUIRE_EQ(got, 0);
  return true;
}

}  // namespace test::random
