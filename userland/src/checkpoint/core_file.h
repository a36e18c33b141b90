// SPDX-License-Identifier: GPL-2.0-or-later
// A core file for debuggers out of a chain.
#pragma once

#include "checkpoint/sink.h"
#include "checkpoint/snapshot.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// What to do about pages of a mapped file that is not there any more.
enum class MissingFiles { refuse, skip, zero };

struct CoreFacts {
  std::uint64_t bytes = 0;     ///< of the file
  std::uint64_t segments = 0;  ///< PT_LOADs
  std::uint64_t pages_data = 0;
  std::uint64_t pages_zero = 0;
  std::uint64_t pages_file = 0;      ///< read from mapped files
  std::uint64_t pages_missing = 0;   ///< of files that are not there any more
  std::uint64_t pages_skipped = 0;   ///< not saved, so left out
  bool auxv = false;                 ///< the auxiliary vector was found
  std::vector<std::string> missing;  ///< what is wrong with each such file
};

/// Writes a core file as the kernel's: NT_PRPSINFO, NT_AUXV if it is found,
/// NT_FILE, then a PT_LOAD for each mapping, of whose pages all bytes are in
/// the file.  Zeros are holes there; but nothing is there for those of a
/// mapping that nobody may access, or that was not to be dumped: such are
/// often terabytes.  Without NT_PRSTATUS, since no image has registers.
///
/// Throws Error before anything is written when a mapped file is not there any
/// more, unless its pages are to be left out or to be zeros.  @steps hears of the
/// bytes of pages, but for zeros.
CoreFacts write_core(const Snapshot& snapshot, MissingFiles missing, Sink& sink,
                     Steps& steps = no_steps());

}  // namespace checkpoint
