// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/raw_image.h"

#include <elf.h>

#include "checkpoint/crc32c.h"

namespace checkpoint {

std::uint64_t RawImage::program_header(std::size_t n) const {
  return load<Elf64_Ehdr>(bytes_, 0, {"test"}).e_phoff + n * sizeof(Elf64_Phdr);
}

std::uint64_t RawImage::last_program_header() const {
  return program_header(load<Elf64_Ehdr>(bytes_, 0, {"test"}).e_phnum - 1U);
}

std::uint64_t RawImage::note(std::uint32_t type) const {
  for (const std::uint64_t header : {program_header(0), last_program_header()}) {
    const auto segment = load<Elf64_Phdr>(bytes_, header, {"test"});
    std::uint64_t at = segment.p_offset;
    while (at < segment.p_offset + segment.p_filesz) {
      const auto note = load<Elf64_Nhdr>(bytes_, at, {"test"});
      if (note.n_type == type) return at;
      at += sizeof(note) + align_up(note.n_namesz, 4) + align_up(note.n_descsz, 4);
    }
  }
  throw std::logic_error("no such note");
}

std::uint64_t RawImage::descriptor(std::uint32_t type) const {
  const std::uint64_t at = note(type);
  const auto header = load<Elf64_Nhdr>(bytes_, at, {"test"});
  return at + sizeof(header) + align_up(header.n_namesz, 4);
}

std::uint64_t RawImage::mapping(std::size_t n) const {
  std::uint64_t at = descriptor(PROC_CHECKPOINT_NT_MAP);
  for (; n > 0; --n) at += load<proc_checkpoint_mapping>(bytes_, at, {"test"}).entry_bytes;
  return at;
}

void RawImage::seal() {
  const std::uint64_t end = note(PROC_CHECKPOINT_NT_END);
  Crc32c crc;
  crc.update(ByteView(bytes_).first(end));
  edit<proc_checkpoint_end>(descriptor(PROC_CHECKPOINT_NT_END),
                            [&](auto& note) { note.crc32c = crc.value(); });
}

}  // namespace checkpoint
