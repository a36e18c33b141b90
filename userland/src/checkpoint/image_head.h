// SPDX-License-Identifier: GPL-2.0-or-later
// What a checkpoint image says: everything in it but the bytes of the pages.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/elf_headers.h"
#include "checkpoint/end_note.h"

namespace checkpoint {

/// What it says has been checked, except for the CRC: every count, offset and
/// address that it returns is good to use.  Pointers, references and spans into
/// it live as long as it does, moves included.
class ImageHead {
 public:
  /// What errors call the image.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Info& info() const { return info_; }
  [[nodiscard]] const EndNote& end_note() const { return end_; }
  [[nodiscard]] std::uint64_t file_size() const { return end_offset_ + end_size_; }
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

 protected:
  explicit ImageHead(std::string name) : name_(std::move(name)) {}

  /// What an image is read in, whether one jumps in it or not: the bytes before
  /// the page data, and @segments out of them; @front is these bytes at least,
  /// or all of the file.
  void take_front(const Segments& segments, ByteView front);
  /// Then, that the file, of @size bytes, is long enough, and not longer.
  void check_size(std::uint64_t size) const;
  /// Then, its last bytes, those from end_offset() on.
  void take_end(ByteView end);

  [[nodiscard]] std::uint64_t end_offset() const { return end_offset_; }

 private:
  std::string name_;
  std::uint64_t end_offset_ = 0;  ///< of the end note
  std::uint64_t end_size_ = 0;
  Info info_;
  EndNote end_;
  Bytes prpsinfo_;
  std::vector<Mapping> mappings_;
  std::vector<Run> runs_;
};

}  // namespace checkpoint
