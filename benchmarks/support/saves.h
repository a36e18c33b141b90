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

/// What of /proc/PID/checkpoint: a full, or throws.
checkpoint::LastCommand save_by_checkpoint(const Subject& subject, const std::string& path);

/// SIGSTOP, process_vm_readv() and write() until all is in the file, SIGCONT.
/// Returns nanoseconds for which the process was stopped.
std::uint64_t save_by_stopping(const Subject& subject, const std::string& path);

/// A process writes @bytes of its own memory, and fsyncs.  Returns nanoseconds.
std::uint64_t save_by_writing(const std::byte* memory, std::size_t bytes, const std::string& path);

}  // namespace bench
