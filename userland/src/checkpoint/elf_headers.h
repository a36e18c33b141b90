// SPDX-License-Identifier: GPL-2.0-or-later
// The ELF header and the program headers of an image.
#pragma once

#include <elf.h>

#include <vector>

#include "checkpoint/bytes.h"

namespace checkpoint {

/// The program headers, in the order of the file.
struct Segments {
  Elf64_Phdr head_notes{};
  std::vector<Elf64_Phdr> loads;
  Elf64_Phdr end_note{};

  /// The bytes before the page data: headers, head notes, padding.
  [[nodiscard]] std::uint64_t front_size() const;
};

/// Bytes that a SegmentReader has to have to begin with.
inline constexpr std::uint64_t kHeaderSize = sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr);

/// Checks the headers of a file, each as soon as it is there, so that nobody need
/// wait for all that the first of them claims: the ELF header, types and sizes of
/// the segments, and that they follow each other as linux/proc_checkpoint.h says.
/// The addresses of the loads are not looked at, nor whether the file is long
/// enough.  All of it throws a damaged Error.
class SegmentReader {
 public:
  /// @start: the first kHeaderSize bytes of the file at least, or all of it.
  explicit SegmentReader(ByteView start);

  /// Where the program headers end, as the ELF header says.
  [[nodiscard]] std::uint64_t headers_end() const;

  /// @front: the file from its start on, not less of it than before.
  void take(ByteView front);

  /// Throws unless all headers have been there.
  Segments finish() &&;

 private:
  void take_header(const Elf64_Phdr& header);
  void take_head_notes(const Elf64_Phdr& header);
  void take_load(const Elf64_Phdr& header);
  void take_end_note(const Elf64_Phdr& header);

  std::size_t count_;           ///< of program headers
  std::size_t taken_ = 0;       ///< of them
  std::uint64_t front_size_;    ///< bytes that have been there
  std::uint64_t head_end_ = 0;  ///< of the head notes
  std::uint64_t at_ = 0;        ///< where the next segment begins
  Segments segments_;
};

/// The same of a file that is all there, or all of its headers.
Segments decode_segments(ByteView front);

/// The header of a PT_NOTE.
Elf64_Phdr note_segment(std::uint64_t offset, std::uint64_t size);

/// The bytes of an ELF header and these program headers; with PN_XNUM, of a
/// section header between them.
Bytes encode_program_headers(const std::vector<Elf64_Phdr>& headers);

/// Bytes of encode_program_headers() of @count.
std::uint64_t program_headers_size(std::size_t count);

/// Bytes of all headers of an image with @loads PT_LOADs.
std::uint64_t headers_size(std::size_t loads);

/// The bytes of all headers.
Bytes encode_segments(const Segments& segments);

}  // namespace checkpoint
