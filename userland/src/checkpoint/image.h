// SPDX-License-Identifier: GPL-2.0-or-later
// One checkpoint image, open for reading.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "checkpoint/end_note.h"
#include "checkpoint/mapped_file.h"

namespace checkpoint {

/// Hears of bytes as they are read or written, for who shows progress.
using Advanced = std::function<void(std::uint64_t bytes)>;

/// What an Image says has been checked, except for the CRC: every count,
/// offset and address that it returns is good to use.  Pointers, references
/// and spans into it live as long as it does, moves included.
///
/// The file is mapped: if somebody shortens it meanwhile, reading its data
/// raises SIGBUS.
class Image {
 public:
  /// Reads headers and notes, not the page data.  Throws Error: failed when
  /// the file cannot be read, damaged when it is no good image.  "-" is
  /// standard input, see standard_input.h.
  static Image open(const std::string& path);

  /// The same of bytes in memory, which must outlive the Image.  @name is
  /// what errors call it.
  static Image from_bytes(ByteView bytes, std::string name);

  /// Compares the CRC: reads all of the file.  Throws a damaged Error.
  void verify(const Advanced& advanced = {}) const;

  /// What the CRC is of: all before the end note.
  [[nodiscard]] ByteView summed_bytes() const { return bytes_.first(end_.length); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Info& info() const { return info_; }
  [[nodiscard]] const EndNote& end_note() const { return end_; }
  [[nodiscard]] std::uint64_t file_size() const { return bytes_.size(); }
  /// Both are of the same file, or of the same bytes in memory.
  [[nodiscard]] bool same_as(const Image& other) const;
  /// struct elf_prpsinfo.
  [[nodiscard]] ByteView prpsinfo() const { return prpsinfo_; }

  /// Ascending and disjoint.
  [[nodiscard]] const std::vector<Mapping>& mappings() const { return mappings_; }
  /// What this image itself says: ascending and disjoint, each within one
  /// mapping; data, zero, file or skipped.
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

  /// nullptr: not mapped.
  [[nodiscard]] const Mapping* mapping_at(std::uint64_t address) const;
  /// nullptr: not named by this image.
  [[nodiscard]] const Run* run_at(std::uint64_t address) const;
  [[nodiscard]] PageState state_at(std::uint64_t address) const;

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
  std::string name_;
  Info info_;
  EndNote end_;
  Bytes prpsinfo_;
  std::vector<Mapping> mappings_;
  std::vector<Run> runs_;
};

}  // namespace checkpoint
