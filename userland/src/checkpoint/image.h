// SPDX-License-Identifier: GPL-2.0-or-later
// One checkpoint image, open for reading.
#pragma once

#include <span>
#include <string>

#include "checkpoint/image_head.h"
#include "checkpoint/mapped_file.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// What it says, and the bytes of the pages.  The file is mapped: if somebody
/// shortens it meanwhile, reading its data raises SIGBUS.
class Image : public ImageHead {
 public:
  /// Reads headers and notes, not the page data.  Throws Error: failed when
  /// the file cannot be read, damaged when it is no good image.  "-" is
  /// standard input, see standard_input.h; @steps hears of its being copied.
  static Image open(const std::string& path, Steps& steps = no_steps());

  /// The same of bytes in memory, which must outlive the Image.  @name is
  /// what errors call it.
  static Image from_bytes(ByteView bytes, std::string name);

  /// Compares the CRC: reads all of the file.  Throws a damaged Error.
  void verify(const Advanced& advanced = {}) const;

  /// What the CRC is of: all before the end note.
  [[nodiscard]] ByteView summed_bytes() const { return bytes_.first(end_note().length); }

  /// Both are of the same file, or of the same bytes in memory.
  [[nodiscard]] bool same_as(const Image& other) const;

  /// The bytes of a data run of this image; of any other run, none.
  [[nodiscard]] ByteView bytes(const Run& run) const;
  /// @size bytes at @offset of the file, which must lie in a data run.
  [[nodiscard]] ByteView bytes(std::uint64_t offset, std::uint64_t size) const;

  /// Fills @page, kPageSize bytes, with what this image itself has at the
  /// page-aligned @address: data or zeros; else @page is left as it was.
  [[nodiscard]] PageState read_page(std::uint64_t address, std::span<std::byte> page) const;

 private:
  Image(MappedFile file, ByteView bytes, std::string name);
  void decode();

  MappedFile file_;  ///< empty when the bytes are somebody else's
  ByteView bytes_;
};

}  // namespace checkpoint
