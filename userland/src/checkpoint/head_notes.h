// SPDX-License-Identifier: GPL-2.0-or-later
// The notes at the head of an image, in their order.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

struct HeadNotes {
  Info info;
  std::vector<Mapping> mappings;
  std::vector<Run> file_pages;
  std::vector<Run> skipped;
  Bytes prpsinfo;  ///< struct elf_prpsinfo, for gdb
};

/// @segment is the first PT_NOTE.  Throws a damaged Error.
HeadNotes decode_head_notes(ByteView segment);

/// @runs: those of FILE_PAGES and SKIPPED are taken.  An empty @prpsinfo
/// becomes one of zeros.
Bytes encode_head_notes(const Info& info, const std::vector<Mapping>& mappings,
                        const std::vector<Run>& runs, ByteView prpsinfo);

}  // namespace checkpoint
