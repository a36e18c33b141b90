// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel writes for the process: no store of it, and some without a fault.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

/// What fits into a pipe, or between two sockets.
constexpr std::size_t most_pages = 8;

/// Where to write, and what.
struct Piece {
  std::size_t page = 0, offset = 0;
  std::vector<std::byte> bytes;
};

Piece piece_of(const World& world, const Operation& operation, bool (Place::*such)() const) {
  const std::size_t count =
      world.model.run(operation.a, std::min<std::size_t>(operation.b, most_pages), such);
  Piece piece{.page = operation.a, .offset = operation.c * 53 % page_size, .bytes = {}};
  if (count > 0)
    piece.bytes = bytes_from(operation.d, 1 + operation.d % (count * page_size - piece.offset));
  return piece;
}

/// Writes with @write, which returns how much it wrote.
template <typename Write>
bool write_piece(World& world, const Piece& piece, Write write) {
  if (piece.bytes.empty()) return false;
  REQUIRE_EQ(write(world.page(piece.page) + piece.offset, piece.bytes),
             static_cast<ssize_t>(piece.bytes.size()), std::strerror(errno));
  world.wrote(piece.page, piece.offset, piece.bytes);
  return true;
}

int socket_pair(int* ends) {
  return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

/// The bytes are in a pipe or socket, which @open makes; @take has them put
/// into the arena from there.
template <typename Take>
bool take_piece(World& world, const Operation& operation, int (*open)(int*), Take take) {
  return write_piece(
      world, piece_of(world, operation, &Place::writable), [&](void* to, Bytes bytes) {
        int ends[2];
        REQUIRE_CALL(open(ends));
        REQUIRE_EQ(write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
        const ssize_t got = take(ends[0], to, bytes.size());
        close(ends[0]);
        close(ends[1]);
        return got;
      });
}

/// Pages of the source that @operation reads, and how many fit.
struct SourcePages {
  std::size_t first = 0, count = 0;
};

SourcePages source_pages_of(const World& world, const Operation& operation) {
  const std::size_t most = world.model.run(
      operation.a, std::min<std::size_t>(operation.b, most_pages), &Place::writable);
  const std::size_t first = operation.d % Surroundings::source_pages;
  return {first, std::min(most, Surroundings::source_pages - first)};
}

bool read_source(World& world, const Operation& operation, int fd) {
  const auto [first, count] = source_pages_of(world, operation);
  if (count == 0) return false;
  const std::size_t bytes = count * page_size;
  REQUIRE_EQ(pread(fd, world.page(operation.a), bytes, static_cast<off_t>(first * page_size)),
             static_cast<ssize_t>(bytes), std::strerror(errno));
  world.wrote(operation.a, 0, Bytes(world.around.source_bytes()).subspan(first * page_size, bytes));
  return true;
}

/// In a child, which may only do what a signal handler may: writes words to the
/// thread that waits for it.
[[noreturn]] void poke_words(pid_t thread, unsigned char* to, Bytes bytes) {
  int status = 0;
  if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0 ||
      ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0 ||
      waitpid(thread, &status, __WALL) != thread)
    _exit(1);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(long)) {
    long word = 0;
    std::memcpy(&word, &bytes[at], sizeof word);
    if (ptrace(PTRACE_POKEDATA, thread, to + at, word) != 0) _exit(2);
  }
  ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
  _exit(0);
}

}  // namespace

OPERATION(process_vm) {
  return write_piece(
      world, piece_of(world, operation, &Place::writable), [](void* to, Bytes bytes) {
        iovec local{const_cast<std::byte*>(bytes.data()), bytes.size()}, remote{to, bytes.size()};
        return process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
      });
}

OPERATION(mem_file) {
  const Piece piece = piece_of(world, operation, &Place::forcible);
  return write_piece(world, piece, [&](void* to, Bytes bytes) {
    return pwrite(world.mem, bytes.data(), bytes.size(), reinterpret_cast<off_t>(to));
  });
}

OPERATION(poke) {
  Piece piece = piece_of(world, operation, &Place::forcible);
  piece.bytes.resize(std::min(piece.bytes.size(), 20 * sizeof(long)) / sizeof(long) * sizeof(long));
  return write_piece(world, piece, [&](unsigned char* to, Bytes bytes) {
    const pid_t thread = gettid(), child = fork();
    REQUIRE_CALL(child);
    if (child == 0) poke_words(thread, to, bytes);
    int status = 0;
    REQUIRE_CALL(TEMP_FAILURE_RETRY(waitpid(child, &status, 0)));
    REQUIRE_EQ(status, 0, "of the child");
    return static_cast<ssize_t>(bytes.size());
  });
}

OPERATION(splice_in) {
  return take_piece(world, operation, pipe, [](int end, void* to, std::size_t bytes) {
    const iovec target{to, bytes};
    return vmsplice(end, &target, 1, 0);
  });
}

// A pipe keeps the pages that are there now, until the next such operation.
OPERATION(splice_out) {
  if (world.page_pipe[0] != -1) {
    for (int& end : world.page_pipe) {
      close(end);
      end = -1;
    }
    for (Place& place : world.model.places) place.in_pipe = false;
    return true;
  }
  const std::size_t count = world.model.run(
      operation.a, std::min<std::size_t>(operation.b, most_pages), &Place::readable);
  if (count == 0) return false;
  REQUIRE_CALL(pipe2(world.page_pipe, O_CLOEXEC));
  const iovec source{world.page(operation.a), count * page_size};
  REQUIRE_EQ(vmsplice(world.page_pipe[1], &source, 1, 0), static_cast<ssize_t>(source.iov_len),
             std::strerror(errno));
  for (std::size_t i = 0; i < count; i++) world.model.places[operation.a + i].in_pipe = true;
  return true;
}

OPERATION(read_pipe) {
  return take_piece(world, operation, pipe, read);
}

OPERATION(receive) {
  return take_piece(world, operation, socket_pair, [](int end, void* to, std::size_t bytes) {
    return recv(end, to, bytes, MSG_WAITALL);
  });
}

OPERATION(read_file) {
  return read_source(world, operation, world.around.source());
}

OPERATION(read_direct) {
  return read_source(world, operation, world.around.direct());
}

}  // namespace test::random
