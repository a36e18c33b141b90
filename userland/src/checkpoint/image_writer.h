// SPDX-License-Identifier: GPL-2.0-or-later
// Writes an image front to back, so that it can go through a pipe.
#pragma once

#include "checkpoint/crc32c.h"
#include "checkpoint/sink.h"

namespace checkpoint {

/// All of an image but its page data.
struct ImageContents {
  Info info;  ///< the counts, except pages_copied, are filled in
  std::vector<Mapping> mappings;
  std::vector<Run> runs;  ///< ascending; offsets are not used
  Bytes prpsinfo;         ///< struct elf_prpsinfo; empty: zeros
};

class ImageWriter {
 public:
  /// Writes everything that stands before the page data.  The contents are
  /// taken as they are: whether they make a good image is the caller's affair.
  ImageWriter(Sink& sink, ImageContents contents);

  /// The bytes of the data runs, in order, in pieces of any size.
  void write_data(ByteView bytes);

  /// Writes the end note.  Throws unless all data came.
  void finish();

 private:
  void write(ByteView bytes);

  Sink& sink_;
  Crc32c crc_;
  std::uint64_t offset_ = 0;
  std::uint64_t data_left_ = 0;
};

}  // namespace checkpoint
