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

/// Bytes that find_headers_end() has to have.
inline constexpr std::uint64_t kHeaderSize = sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr);

/// Where the program headers end, as the ELF header says, which is checked.
/// @start: the first kHeaderSize bytes of the file at least, or all of it.
/// Throws a damaged Error.
std::uint64_t find_headers_end(ByteView start);

/// Checks the ELF header, types and sizes of the segments, and that they
/// follow each other as linux/proc_checkpoint.h says; the addresses of the
/// loads are not looked at, nor whether the file is long enough.  @front: all
/// headers at least, or all of the file.  Throws a damaged Error.
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
