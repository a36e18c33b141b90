// SPDX-License-Identifier: GPL-2.0-or-later
// What a benchmark asks of the target, over a pipe, and what it answers over
// another.
#pragma once

#include <array>
#include <cstdint>

namespace bench {

/// With what each takes and answers.  Times are nanoseconds.
enum class Op : std::uint32_t {
  map,           ///< a: bytes, b: pages from one that is written to the next,
                 ///< c: huge pages -> address, bytes written
  split,         ///< a: mappings that it becomes -> how many it is
  threads,       ///< a: how many sleep beside the main one
  dirty,         ///< a: millionths of the pages, b: Pattern, c: seed -> pages
  touch,         ///< reads a byte of each page
  first_writes,  ///< a: first page, b: pages -> time of a store to each
  copy,          ///< memcpy of all -> time
  write_out,     ///< path, a: bytes a write() -> time, with fsync
  fork_save,     ///< path -> time in fork(), until the child has ended
  fork_hold,     ///< a child that only sleeps
  protect,       ///< all, by userfaultfd
  scan,          ///< a: bytes that are looked at -> time of a scan that finds what is written
  scan_save,     ///< path: what was written since -> time stopped, in all, bytes
  unprotect,
  start_writer,  ///< a: bytes of memory that it writes to
  stop_writer,   ///< -> stores, time, p50, p99, p99.9, greatest
};

enum class Pattern : std::uint64_t {
  scattered,  ///< any page is as likely as any other
  clustered,  ///< the same of groups of 64
  strided,    ///< at equal distances
};

struct Request {
  Op op{};
  std::uint64_t a = 0, b = 0, c = 0;
  std::array<char, 200> path{};
};

struct Reply {
  int error = 0;  ///< errno
  std::array<std::uint64_t, 6> values{};
};

/// The descriptors of the target.
constexpr int kRequests = 3;
constexpr int kReplies = 4;

}  // namespace bench
