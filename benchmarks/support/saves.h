// SPDX-License-Identifier: GPL-2.0-or-later
// Ways to get memory into a file.  Each makes a new file and removes it again;
// removing is not measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "checkpoint/status.h"
#include "support/subject.h"

namespace bench {

/// Bytes that are best read and written at once: they fit the second-level
/// cache, and for each page of a longer write() to tmpfs, Linux 6.12 looks at
/// up to 2 MiB of the source.
constexpr std::size_t kPiece = 256 << 10;

/// A full by /proc/PID/checkpoint.
checkpoint::LastCommand save_by_checkpoint(const Subject& subject, const std::string& path);

/// SIGSTOP, process_vm_readv() and write() until all is in the file, SIGCONT.
/// Returns nanoseconds for which the process was stopped.
std::uint64_t save_by_stopping(const Subject& subject, const std::string& path);

/// write() of one's own memory, @piece bytes at a time, and fsync().  Returns
/// nanoseconds.
std::uint64_t save_by_writing(const std::byte* memory, std::size_t bytes, std::size_t piece,
                              const std::string& path);

}  // namespace bench
