// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/elf_headers.h"

#include <utility>

namespace checkpoint {
namespace {

constexpr std::size_t kNotes = 2;                // PT_NOTEs: head and end
constexpr std::uint64_t kMostBytes = INT64_MAX;  // of any file: sums do not overflow
constexpr std::size_t kPlausible = 65536;        // headers to have room for before they are there

/// With PN_XNUM, one section header holds the count.
bool needs_section(std::size_t segments) {
  return segments >= PN_XNUM;
}

Elf64_Ehdr make_header(std::size_t segments) {
  const bool section = needs_section(segments);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_ident[EI_OSABI] = ELFOSABI_NONE;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr) + (section ? sizeof(Elf64_Shdr) : 0);
  header.e_shoff = section ? sizeof(Elf64_Ehdr) : 0;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(section ? PN_XNUM : segments);
  header.e_shentsize = section ? sizeof(Elf64_Shdr) : 0;
  header.e_shnum = section ? 1 : 0;
  return header;
}

void check_ident(const Elf64_Ehdr& header) {
  constexpr Where where{"ELF header"};
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    throw damaged("is no ELF file, so no checkpoint image")
        .found(hex_bytes(std::span(header.e_ident).first(SELFMAG)))
        .expected("7f454c46");
  check_equal(where, "class", header.e_ident[EI_CLASS], ELFCLASS64);
  check_equal(where, "byte order", header.e_ident[EI_DATA], ELFDATA2LSB);
  check_equal(where, "ident version", header.e_ident[EI_VERSION], EV_CURRENT);
  check_equal(where, "OS ABI", header.e_ident[EI_OSABI], ELFOSABI_NONE);
  for (std::size_t n = EI_ABIVERSION; n < EI_NIDENT; ++n)
    check_equal(where, "ident padding", header.e_ident[n], 0);
}

/// The real number of program headers.
std::size_t count_segments(ByteView start, const Elf64_Ehdr& header) {
  if (header.e_phnum != PN_XNUM) return header.e_phnum;
  constexpr Where where{"section header 0"};
  const auto section = load<Elf64_Shdr>(start, sizeof(Elf64_Ehdr), where);
  check_equal(where, "type", section.sh_type, SHT_NULL);
  if (section.sh_info < PN_XNUM)
    throw damaged("section header 0: number of program headers")
        .found(str(section.sh_info))
        .expected(str("at least ", PN_XNUM));
  return section.sh_info;
}

void check_header(const Elf64_Ehdr& header, std::size_t segments) {
  constexpr Where where{"ELF header"};
  const Elf64_Ehdr good = make_header(segments);
  check_equal(where, "type", header.e_type, good.e_type);
  check_equal(where, "machine", header.e_machine, good.e_machine);
  check_equal(where, "version", header.e_version, good.e_version);
  check_equal(where, "entry point", header.e_entry, 0);
  check_equal(where, "flags", header.e_flags, 0);
  check_equal(where, "header size", header.e_ehsize, good.e_ehsize);
  check_equal(where, "program header size", header.e_phentsize, good.e_phentsize);
  check_equal(where, "program header offset", header.e_phoff, good.e_phoff);
  check_equal(where, "section header offset", header.e_shoff, good.e_shoff);
  check_equal(where, "number of section headers", header.e_shnum, good.e_shnum);
  check_equal(where, "section name index", header.e_shstrndx, SHN_UNDEF);
  if (needs_section(segments))
    check_equal(where, "section header size", header.e_shentsize, good.e_shentsize);
}

/// The same, of a header that has been checked.
std::size_t checked_count(ByteView start) {
  const auto header = load<Elf64_Ehdr>(start, 0, {"ELF header"});
  check_ident(header);
  const std::size_t count = count_segments(start, header);
  check_header(header, count);
  if (count < kNotes)
    throw damaged("ELF header: too few program headers").found(str(count)).expected("2 or more");
  return count;
}

}  // namespace

Elf64_Phdr note_segment(std::uint64_t offset, std::uint64_t size) {
  Elf64_Phdr note{};
  note.p_type = PT_NOTE;
  note.p_offset = offset;
  note.p_filesz = size;
  note.p_align = 4;
  return note;
}

Bytes encode_program_headers(const std::vector<Elf64_Phdr>& headers) {
  Bytes out;
  out.reserve(program_headers_size(headers.size()));
  append(out, make_header(headers.size()));
  if (needs_section(headers.size())) {
    Elf64_Shdr section{};
    section.sh_size = 1;
    section.sh_info = static_cast<Elf64_Word>(headers.size());
    append(out, section);
  }
  append_bytes(out, std::as_bytes(std::span(headers)));
  return out;
}

std::uint64_t program_headers_size(std::size_t count) {
  return make_header(count).e_phoff + count * sizeof(Elf64_Phdr);
}

std::uint64_t headers_size(std::size_t loads) {
  return program_headers_size(loads + kNotes);
}

std::uint64_t Segments::front_size() const {
  const auto first = std::find_if(loads.begin(), loads.end(),
                                  [](const Elf64_Phdr& load) { return load.p_filesz != 0; });
  return first != loads.end() ? first->p_offset : end_note.p_offset;
}

SegmentReader::SegmentReader(ByteView start)
    : count_(checked_count(start)), front_size_(start.size()) {
  segments_.loads.reserve(std::min(count_ - kNotes, kPlausible));
}

std::uint64_t SegmentReader::headers_end() const {
  return program_headers_size(count_);
}

void SegmentReader::take(ByteView front) {
  front_size_ = front.size();
  const std::uint64_t table = headers_end() - count_ * sizeof(Elf64_Phdr);
  for (; taken_ < count_; ++taken_) {
    const std::uint64_t at = table + taken_ * sizeof(Elf64_Phdr);
    if (at + sizeof(Elf64_Phdr) > front.size()) return;
    take_header(load<Elf64_Phdr>(front, at, {"program header", taken_}));
  }
}

void SegmentReader::take_header(const Elf64_Phdr& header) {
  const bool last = taken_ == count_ - 1;
  const bool note = taken_ == 0 || last;
  check_equal({"program header", taken_}, "type", header.p_type, note ? PT_NOTE : PT_LOAD);
  if (taken_ == 0)
    take_head_notes(header);
  else if (last)
    take_end_note(header);
  else
    take_load(header);
}

/// Head notes, padding, page data and end note follow each other without gaps.
void SegmentReader::take_head_notes(const Elf64_Phdr& header) {
  constexpr Where where{"head notes"};
  check_equal(where, "offset", header.p_offset, headers_end());
  check_slice(kMostBytes, header.p_offset, header.p_filesz, where);
  check_equal(where, "size modulo 4", header.p_filesz % 4, 0);
  head_end_ = at_ = header.p_offset + header.p_filesz;
  segments_.head_notes = header;
}

void SegmentReader::take_load(const Elf64_Phdr& header) {
  const Where where{"load", segments_.loads.size()};
  check_equal(where, "alignment", header.p_align, kPageSize);
  if (header.p_memsz == 0) fail(where, "is empty");
  check_equal(where, "memory size modulo the page size", header.p_memsz % kPageSize, 0);
  if (header.p_filesz != 0) {
    if (at_ == head_end_) at_ = align_up(at_, kPageSize);
    check_equal(where, "file size", header.p_filesz, header.p_memsz);
    check_equal(where, "offset", header.p_offset, at_);
    check_slice(kMostBytes, header.p_offset, header.p_filesz, where);
    at_ += header.p_filesz;
  }
  segments_.loads.push_back(header);
}

void SegmentReader::take_end_note(const Elf64_Phdr& header) {
  constexpr Where where{"end note"};
  check_equal(where, "offset", header.p_offset, at_);
  check_slice(kMostBytes, at_, header.p_filesz, where);
  segments_.end_note = header;
}

Segments SegmentReader::finish() && {
  const std::uint64_t size = count_ * sizeof(Elf64_Phdr);
  check_slice(front_size_, headers_end() - size, size, {"program headers"});
  return std::move(segments_);
}

Segments decode_segments(ByteView front) {
  SegmentReader reader(front);
  reader.take(front);
  return std::move(reader).finish();
}

Bytes encode_segments(const Segments& segments) {
  std::vector<Elf64_Phdr> headers{segments.head_notes};
  headers.insert(headers.end(), segments.loads.begin(), segments.loads.end());
  headers.push_back(segments.end_note);
  return encode_program_headers(headers);
}

}  // namespace checkpoint
