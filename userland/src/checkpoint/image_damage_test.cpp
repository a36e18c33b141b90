// SPDX-License-Identifier: GPL-2.0-or-later
// Each field of a good image, spoilt: the reader must refuse it and say why.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <ostream>

#include "checkpoint/image.h"
#include "checkpoint/image_stream.h"
#include "checkpoint/test_support/memory_source.h"
#include "checkpoint/test_support/raw_image.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

struct Damage {
  std::string name;
  std::function<void(RawImage&)> spoil;
  std::string message;  ///< a part of it
};

[[maybe_unused]] void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

using Header = Elf64_Ehdr;
using Segment = Elf64_Phdr;
using InfoNote = proc_checkpoint_info;
using MapEntry = proc_checkpoint_mapping;
using FileRun = proc_checkpoint_file_run;
using SkippedRun = proc_checkpoint_skipped_run;
using EndNoteStruct = proc_checkpoint_end;

// Program headers of sample_full(): 0 head notes, 1 heap data, 2 heap zero,
// 3 read-only zero, 4 file data, 5 end note.
template <typename Change>
auto header(Change change) {
  return [change](RawImage& image) { image.edit<Header>(0, change); };
}
template <typename Change>
auto segment(std::size_t n, Change change) {
  return [=](RawImage& image) { image.edit<Segment>(image.program_header(n), change); };
}
template <typename Change>
auto info(Change change) {
  return [=](RawImage& image) {
    image.edit<InfoNote>(image.descriptor(PROC_CHECKPOINT_NT_INFO), change);
  };
}
template <typename Change>
auto mapping(std::size_t n, Change change) {
  return [=](RawImage& image) { image.edit<MapEntry>(image.mapping(n), change); };
}
template <typename Change>
auto file_run(Change change) {
  return [=](RawImage& image) {
    image.edit<FileRun>(image.descriptor(PROC_CHECKPOINT_NT_FILE_PAGES), change);
  };
}
template <typename Change>
auto skipped_run(Change change) {
  return [=](RawImage& image) {
    image.edit<SkippedRun>(image.descriptor(PROC_CHECKPOINT_NT_SKIPPED), change);
  };
}
template <typename Change>
auto end_note(Change change) {
  return [=](RawImage& image) {
    image.edit<EndNoteStruct>(image.descriptor(PROC_CHECKPOINT_NT_END), change);
  };
}
/// What is @at bytes behind the beginning of NT_FILE, which is of one mapping.
template <typename T, typename Change>
auto nt_file(std::uint64_t at, Change change) {
  return [=](RawImage& image) { image.edit<T>(image.descriptor(NT_FILE) + at, change); };
}
template <typename Change>
auto note(std::uint32_t type, Change change) {
  return [=](RawImage& image) { image.edit<Elf64_Nhdr>(image.note(type), change); };
}

const Damage kElf[] = {
    {"magic", header([](Header& h) { h.e_ident[0] = 0; }), "is no ELF file"},
    {"class", header([](Header& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }), "wrong class"},
    {"byte_order", header([](Header& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; }), "wrong byte order"},
    {"ident_version", header([](Header& h) { h.e_ident[EI_VERSION] = 2; }), "wrong ident version"},
    {"os_abi", header([](Header& h) { h.e_ident[EI_OSABI] = 3; }), "wrong OS ABI"},
    {"ident_padding", header([](Header& h) { h.e_ident[15] = 1; }), "wrong ident padding"},
    {"type", header([](Header& h) { h.e_type = ET_EXEC; }), "wrong type (found 0x2, expected 0x4)"},
    {"machine", header([](Header& h) { h.e_machine = EM_AARCH64; }), "wrong machine"},
    {"version", header([](Header& h) { h.e_version = 0; }), "wrong version"},
    {"entry", header([](Header& h) { h.e_entry = 1; }), "wrong entry point"},
    {"flags", header([](Header& h) { h.e_flags = 1; }), "wrong flags"},
    {"header_size", header([](Header& h) { h.e_ehsize = 63; }), "wrong header size"},
    {"phentsize", header([](Header& h) { h.e_phentsize = 32; }), "wrong program header size"},
    {"phoff", header([](Header& h) { h.e_phoff = UINT64_MAX - 3; }), "wrong program header offset"},
    {"shoff", header([](Header& h) { h.e_shoff = 64; }), "wrong section header offset"},
    {"shnum", header([](Header& h) { h.e_shnum = 9; }), "wrong number of section headers"},
    {"shstrndx", header([](Header& h) { h.e_shstrndx = 1; }), "wrong section name index"},
    {"no_segments", header([](Header& h) { h.e_phnum = 0; }), "too few program headers"},
    {"one_segment", header([](Header& h) { h.e_phnum = 1; }), "too few program headers"},
    {"many_segments", header([](Header& h) { h.e_phnum = 60'000; }), "head notes: wrong offset"},
    {"cut_headers", [](RawImage& image) { image.bytes().resize(200); },
     "program headers: ends behind the end of its container (found 336 bytes at offset 64"},
    {"extended_count", header([](Header& h) { h.e_phnum = PN_XNUM; }),
     "section header 0: number of program headers"},
};

const Damage kSegments[] = {
    {"head_type", segment(0, [](Segment& s) { s.p_type = PT_LOAD; }),
     "program header 0: wrong type"},
    {"head_offset", segment(0, [](Segment& s) { s.p_offset += 4; }), "head notes: wrong offset"},
    {"head_size", segment(0, [](Segment& s) { s.p_filesz = UINT64_MAX; }),
     "head notes: ends behind"},
    {"head_short", segment(0, [](Segment& s) { s.p_filesz -= 4; }),
     "padding behind the head notes: is not zero"},
    {"head_odd", segment(0, [](Segment& s) { s.p_filesz -= 1; }),
     "head notes: wrong size modulo 4"},
    {"load_type", segment(2, [](Segment& s) { s.p_type = PT_NOTE; }),
     "program header 2: wrong type"},
    {"load_align", segment(1, [](Segment& s) { s.p_align = 512; }), "load 0: wrong alignment"},
    {"load_empty", segment(2, [](Segment& s) { s.p_memsz = 0; }), "load 1: is empty"},
    {"load_odd_size", segment(2, [](Segment& s) { s.p_memsz = 100; }), "load 1: wrong memory size"},
    {"load_file_size", segment(1, [](Segment& s) { s.p_filesz = 4096; }),
     "load 0: wrong file size"},
    {"load_offset", segment(1, [](Segment& s) { s.p_offset += 4096; }), "load 0: wrong offset"},
    {"load_offset_overflows", segment(4, [](Segment& s) { s.p_offset = UINT64_MAX - 4095; }),
     "load 3: wrong offset"},
    {"load_too_big", segment(4, [](Segment& s) { s.p_filesz = s.p_memsz = 1ULL << 63; }),
     "load 3: ends behind the end"},
    {"load_bigger", segment(4, [](Segment& s) { s.p_filesz = s.p_memsz = 1ULL << 62; }),
     "end note: wrong offset"},
    {"load_behind_the_end",
     [](RawImage& image) {
       image.edit<Segment>(image.program_header(4),
                           [](Segment& s) { s.p_filesz = s.p_memsz = 0x2000; });
       image.edit<FileRun>(image.descriptor(PROC_CHECKPOINT_NT_FILE_PAGES),
                           [](FileRun& r) { r.start += 0x1000; });
       image.edit<InfoNote>(image.descriptor(PROC_CHECKPOINT_NT_INFO), [](InfoNote& i) {
         ++i.pages_data;
         --i.pages_file;
       });
       image.edit<Segment>(image.program_header(5), [](Segment& s) { s.p_offset += 0x1000; });
     },
     "load 3: ends behind the end of its container (found 8192 bytes at offset 12288, expected at "
     "most "},
    {"load_unaligned", segment(1, [](Segment& s) { s.p_vaddr += 8; }), "load 0: not page aligned"},
    {"load_overflows",
     segment(2,
             [](Segment& s) {
               s.p_vaddr = UINT64_MAX - 0xfff;
               s.p_memsz = 0x2000;
             }),
     "load 1: the address overflows"},
    {"load_descends", segment(2, [](Segment& s) { s.p_vaddr = 0x10000; }),
     "load 1: not behind the previous load (found 0x10000, expected at least 0x12000)"},
    {"load_flags", segment(1, [](Segment& s) { s.p_flags = PF_R; }), "load 0: wrong flags"},
    {"load_over_mappings", segment(2, [](Segment& s) { s.p_memsz = 0x2000; }),
     "load 2: not behind the previous load"},
    {"load_unmapped", segment(4, [](Segment& s) { s.p_vaddr = 0x1f000; }),
     "does not lie in one mapping"},
    {"load_outside_range", segment(4, [](Segment& s) { s.p_vaddr = 0x50000; }),
     "does not lie in one mapping"},
    {"load_over_file_pages", segment(4, [](Segment& s) { s.p_vaddr = 0x21000; }), "overlaps"},
    {"zero_became_data", segment(2, [](Segment& s) { s.p_filesz = s.p_memsz; }),
     "load 3: wrong offset"},
    {"data_became_zero", segment(4, [](Segment& s) { s.p_filesz = 0; }), "end note: wrong offset"},
    {"end_type", segment(5, [](Segment& s) { s.p_type = PT_NULL; }),
     "program header 5: wrong type"},
    {"end_offset", segment(5, [](Segment& s) { s.p_offset -= 4; }), "end note: wrong offset"},
    {"end_size", segment(5, [](Segment& s) { s.p_filesz += 1; }), "end note: ends behind"},
    {"end_too_big", segment(5, [](Segment& s) { s.p_filesz = UINT64_MAX; }),
     "end note: ends behind"},
    {"end_short", segment(5, [](Segment& s) { s.p_filesz -= 4; }),
     "end, which is not the end of the file"},
    {"end_long",
     [](RawImage& image) {
       image.edit<Segment>(image.program_header(5), [](Segment& s) { s.p_filesz += 4; });
       image.bytes().resize(image.bytes().size() + 4);
     },
     "end note: wrong size (found 0x2c, expected 0x28)"},
    {"padding", [](RawImage& image) { image.bytes()[0xfff] = std::byte{1}; },
     "padding behind the head notes: is not zero"},
    {"something_behind", [](RawImage& image) { image.bytes().resize(image.bytes().size() + 4); },
     "end, which is not the end of the file"},
};

const Damage kInfo[] = {
    {"version", info([](InfoNote& i) { i.version = 2; }),
     "unknown version of the image format (found 2"},
    {"info_bytes", info([](InfoNote& i) { i.info_bytes = 100; }), "wrong info_bytes"},
    {"kind", info([](InfoNote& i) { i.kind = 3; }), "unknown kind (found 3"},
    {"flags", info([](InfoNote& i) { i.flags = 4; }), "unknown bits in flags (found 0x4"},
    {"page_size", info([](InfoNote& i) { i.page_size = 0; }), "wrong page size"},
    {"id", info([](InfoNote& i) { std::fill_n(i.id, 16, 0); }), "the id is zero"},
    {"parent_of_full", info([](InfoNote& i) { i.parent[3] = 1; }), "a full image with a parent"},
    {"seq_of_full", info([](InfoNote& i) { i.seq = 1; }), "wrong seq of a full image"},
    {"inc_without_parent", info([](InfoNote& i) {
       i.kind = 2;
       i.seq = 1;
     }),
     "an inc without a parent"},
    {"inc_on_itself", info([](InfoNote& i) {
       i.kind = 2;
       i.seq = 1;
       std::copy_n(i.id, 16, i.parent);
     }),
     "its own parent"},
    {"inc_with_seq_0", info([](InfoNote& i) {
       i.kind = 2;
       i.parent[0] = 1;
     }),
     "wrong seq of an inc"},
    {"inc_merged", info([](InfoNote& i) {
       i.kind = 2;
       i.parent[0] = i.seq = 1;
       i.flags = 2;
     }),
     "wrong flags of an inc"},
    {"start", info([](InfoNote& i) { i.start += 1; }), "INFO: range: not page aligned"},
    {"end", info([](InfoNote& i) { i.end = i.start; }), "INFO: range: empty or reversed"},
    {"smaller_range", info([](InfoNote& i) { i.start = 0x11000; }), "outside the range"},
    {"pages_data", info([](InfoNote& i) { i.pages_data = 4; }),
     "wrong pages_data (found 4, expected 3)"},
    {"pages_zero", info([](InfoNote& i) { i.pages_zero = UINT64_MAX; }), "wrong pages_zero"},
    {"pages_file", info([](InfoNote& i) { i.pages_file = 0; }), "wrong pages_file"},
    {"pages_skipped", info([](InfoNote& i) { i.pages_skipped = 3; }), "wrong pages_skipped"},
    {"pages_copied", info([](InfoNote& i) { i.pages_copied = 4; }), "more pages copied than saved"},
    {"mappings", info([](InfoNote& i) { i.mappings = 5; }), "wrong mappings (found 5, expected 4)"},
};

const Damage kMap[] = {
    {"entry_too_small", mapping(0, [](MapEntry& m) { m.entry_bytes = 72; }),
     "MAP entry 0: wrong entry_bytes"},
    {"entry_zero", mapping(0, [](MapEntry& m) { m.entry_bytes = 0; }),
     "MAP entry 0: wrong entry_bytes"},
    {"entry_odd", mapping(1, [](MapEntry& m) { m.entry_bytes += 4; }),
     "MAP entry 1: wrong entry_bytes"},
    {"entry_too_big", mapping(3, [](MapEntry& m) { m.entry_bytes = 0xfffffff8; }),
     "MAP entry 3: ends behind"},
    {"name_too_long", mapping(0, [](MapEntry& m) { m.name_bytes = 8; }),
     "the name is longer than the entry"},
    {"name_huge", mapping(0, [](MapEntry& m) { m.name_bytes = UINT32_MAX; }),
     "the name is longer than the entry"},
    {"name_cut", mapping(0, [](MapEntry& m) { m.name_bytes = 3; }),
     "the padding of the name is not zero"},
    {"name_with_nul", mapping(0, [](MapEntry& m) { m.name_bytes = 7; }), "a NUL within the name"},
    {"unaligned", mapping(0, [](MapEntry& m) { m.start += 1; }), "MAP entry 0: not page aligned"},
    {"empty", mapping(0, [](MapEntry& m) { m.end = m.start; }), "MAP entry 0: empty or reversed"},
    {"outside", mapping(3, [](MapEntry& m) { m.end = 0x41000; }), "MAP entry 3: outside the range"},
    {"overlaps", mapping(1, [](MapEntry& m) { m.start = 0x12000; }),
     "MAP entry 1: not behind the previous"},
    {"prot", mapping(0, [](MapEntry& m) { m.prot = 8; }), "unknown bits in prot"},
    {"flags", mapping(0, [](MapEntry& m) { m.flags = 1 << 12; }), "unknown bits in flags"},
    {"nanoseconds", mapping(2, [](MapEntry& m) { m.mtime_nsec = 1'000'000'000; }),
     "wrong mtime_nsec"},
    {"reserved", mapping(2, [](MapEntry& m) { m.reserved = 1; }),
     "MAP entry 2: wrong reserved field"},
    {"by_ref_no_file", mapping(2, [](MapEntry& m) { m.flags = PROC_CHECKPOINT_MAP_BY_REF; }),
     "by reference, but no private mapping"},
    {"by_ref_shared", mapping(2, [](MapEntry& m) { m.flags |= PROC_CHECKPOINT_MAP_SHARED; }),
     "by reference, but no private mapping"},
    {"file_offset_odd", mapping(2, [](MapEntry& m) { m.offset += 1; }), "file offset modulo"},
    {"file_offset_overflows", mapping(2, [](MapEntry& m) { m.offset = UINT64_MAX - 0xfff; }),
     "the file offset overflows"},
    {"not_by_ref", mapping(2, [](MapEntry& m) { m.flags = PROC_CHECKPOINT_MAP_FILE; }),
     "lies in a mapping that is not by reference"},
    {"longer_than_runs", mapping(3, [](MapEntry& m) { m.end = 0x33000; }),
     "does not say what is at 0x32000"},
    {"hole_before_run", mapping(3, [](MapEntry& m) { m.start = 0x2f000; }),
     "does not say what is at 0x2f000"},
};

const Damage kRuns[] = {
    {"file_unaligned", file_run([](FileRun& r) { r.start += 1; }),
     "FILE_PAGES entry 0: not page aligned"},
    {"file_reversed", file_run([](FileRun& r) { std::swap(r.start, r.end); }),
     "FILE_PAGES entry 0: empty or reversed"},
    {"file_overlaps_load", file_run([](FileRun& r) { r.start = 0x20000; }), "overlaps"},
    {"file_too_long", file_run([](FileRun& r) { r.end += 0x1000; }), "does not lie in one mapping"},
    {"file_too_short", file_run([](FileRun& r) { r.end -= 0x1000; }),
     "does not say what is at 0x22000"},
    {"file_elsewhere", file_run([](FileRun& r) {
       r.start = 0x24000;
       r.end = 0x26000;
     }),
     "does not lie in one mapping"},
    {"skipped_unaligned", skipped_run([](SkippedRun& r) { r.end -= 1; }),
     "SKIPPED entry 0: not page aligned"},
    {"skipped_no_reason", skipped_run([](SkippedRun& r) { r.reason = 0; }),
     "unknown reason (found 0"},
    {"skipped_new_reason", skipped_run([](SkippedRun& r) { r.reason = 7; }),
     "unknown reason (found 7"},
    {"skipped_reserved", skipped_run([](SkippedRun& r) { r.reserved = 1; }),
     "SKIPPED entry 0: wrong reserved field"},
    {"skipped_overlaps", skipped_run([](SkippedRun& r) {
       r.start = 0x11000;
       r.end = 0x12000;
     }),
     "overlaps"},
};

const Damage kNotes[] = {
    {"info_type", note(PROC_CHECKPOINT_NT_INFO, [](Elf64_Nhdr& n) { n.n_type = 1; }),
     "INFO: wrong note type"},
    {"info_size", note(PROC_CHECKPOINT_NT_INFO, [](Elf64_Nhdr& n) { n.n_descsz = 140; }),
     "INFO: wrong size"},
    {"info_huge", note(PROC_CHECKPOINT_NT_INFO, [](Elf64_Nhdr& n) { n.n_descsz = UINT32_MAX; }),
     "INFO: ends behind"},
    {"info_owner_length",
     note(PROC_CHECKPOINT_NT_INFO, [](Elf64_Nhdr& n) { n.n_namesz = UINT32_MAX; }),
     "INFO: wrong length of the owner's name"},
    {"info_owner",
     [](RawImage& i) { i.bytes()[i.note(PROC_CHECKPOINT_NT_INFO) + 12] = std::byte{'X'}; },
     "INFO: wrong owner's name"},
    {"owner_padding",
     [](RawImage& i) { i.bytes()[i.note(PROC_CHECKPOINT_NT_INFO) + 23] = std::byte{1}; },
     "INFO: padding is not zero"},
    {"map_type",
     note(PROC_CHECKPOINT_NT_MAP, [](Elf64_Nhdr& n) { n.n_type = PROC_CHECKPOINT_NT_INFO; }),
     "MAP: wrong note type"},
    {"file_pages_size", note(PROC_CHECKPOINT_NT_FILE_PAGES, [](Elf64_Nhdr& n) { n.n_descsz = 12; }),
     "FILE_PAGES: wrong size modulo the entry's"},
    {"skipped_size", note(PROC_CHECKPOINT_NT_SKIPPED, [](Elf64_Nhdr& n) { n.n_descsz = 16; }),
     "SKIPPED: wrong size modulo the entry's"},
    {"prpsinfo_size", note(NT_PRPSINFO, [](Elf64_Nhdr& n) { n.n_descsz = 132; }),
     "NT_PRPSINFO: wrong size"},
    {"nt_file_size", note(NT_FILE, [](Elf64_Nhdr& n) { n.n_descsz -= 2; }), "NT_FILE: wrong size"},
    {"nt_file_count", nt_file<std::uint64_t>(0, [](auto& count) { count = 1ULL << 61; }),
     "NT_FILE: is not what MAP says"},
    {"nt_file_page_size", nt_file<std::uint64_t>(8, [](auto& size) { size = 1; }),
     "NT_FILE: is not what MAP says"},
    {"nt_file_start", nt_file<std::uint64_t>(16, [](auto& start) { start += 0x1000; }),
     "NT_FILE: is not what MAP says"},
    {"nt_file_end", nt_file<std::uint64_t>(24, [](auto& end) { end += 0x1000; }),
     "NT_FILE: is not what MAP says"},
    {"nt_file_offset", nt_file<std::uint64_t>(32, [](auto& pages) { pages = 0; }),
     "NT_FILE: is not what MAP says"},
    {"nt_file_name", nt_file<char>(40, [](auto& first) { first = '.'; }),
     "NT_FILE: is not what MAP says"},
    {"map_name",
     [](RawImage& i) {
       i.edit<char>(i.mapping(2) + sizeof(MapEntry), [](char& first) { first = '.'; });
     },
     "NT_FILE: is not what MAP says"},
    {"end_type", note(PROC_CHECKPOINT_NT_END, [](Elf64_Nhdr& n) { n.n_type = 0; }),
     "END: wrong note type"},
    {"end_size", note(PROC_CHECKPOINT_NT_END, [](Elf64_Nhdr& n) { n.n_descsz = 12; }),
     "END: something follows the last note"},
    {"end_without_its_last_byte",
     note(PROC_CHECKPOINT_NT_END, [](Elf64_Nhdr& n) { n.n_descsz = 15; }), "END: wrong size"},
    {"end_length", end_note([](EndNoteStruct& e) { e.length -= 1; }), "END: wrong length"},
    {"end_reserved", end_note([](EndNoteStruct& e) { e.reserved = 1; }),
     "END: wrong reserved field"},
};

class ImageDamage : public ::testing::TestWithParam<Damage> {};

/// What is said of a stream of these bytes.
std::string refusal_of_stream(const RawImage& image) {
  MemorySource source(image.bytes(), 1000);
  try {
    ImageStream(source, "image").finish();
    return "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    return error.what();
  }
}

void expect_refused(const RawImage& image, const std::string& message) {
  try {
    const Image opened = Image::from_bytes(image.bytes(), "image");
    FAIL() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    EXPECT_THAT(error.what(), ::testing::StartsWith("image: "));
    EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
    EXPECT_EQ(refusal_of_stream(image), error.what());
  }
}

TEST_P(ImageDamage, IsRefusedWithAReason) {
  RawImage image(sample_full().build());
  GetParam().spoil(image);
  expect_refused(image, GetParam().message);
}

TEST(ImageOfSeveralFileRuns, InDisorderIsRefused) {
  ImageBuilder builder(0x20000, 0x23000);
  builder.map(file_mapping(0x20000, 0x23000, "/proc/self/exe"))
      .file(0x20000, 0x21000)
      .data(0x21000, 0x22000, 'd')
      .file(0x22000, 0x23000);
  RawImage image(builder.build());
  Image::from_bytes(image.bytes(), "good");
  image.edit<std::array<FileRun, 2>>(image.descriptor(PROC_CHECKPOINT_NT_FILE_PAGES),
                                     [](auto& runs) { std::swap(runs[0], runs[1]); });
  expect_refused(image, "FILE_PAGES entry 1: not behind the previous entry");
}

// Whose program headers are counted in section header 0.
TEST(ImageOfManySegments, IsRefusedWithAReason) {
  constexpr std::uint64_t kMappings = 66'000;
  ImageBuilder builder(0x10000, 0x10000 + kMappings * kPageSize);
  for (std::uint64_t n = 0; n < kMappings; ++n)
    builder.map(0x10000 + n * kPageSize, 0x11000 + n * kPageSize);
  builder.zero(0x10000, 0x10000 + kMappings * kPageSize);
  const RawImage good(builder.build());
  Image::from_bytes(good.bytes(), "good");

  RawImage typed = good;
  typed.edit<Elf64_Shdr>(sizeof(Header), [](Elf64_Shdr& s) { s.sh_type = SHT_PROGBITS; });
  expect_refused(typed, "section header 0: wrong type");
  RawImage sized = good;
  sized.edit<Header>(0, [](Header& h) { h.e_shentsize = 0; });
  expect_refused(sized, "wrong section header size");
}

const auto kName = [](const auto& param) { return param.param.name; };
INSTANTIATE_TEST_SUITE_P(Elf, ImageDamage, ::testing::ValuesIn(kElf), kName);
INSTANTIATE_TEST_SUITE_P(Segments, ImageDamage, ::testing::ValuesIn(kSegments), kName);
INSTANTIATE_TEST_SUITE_P(Info, ImageDamage, ::testing::ValuesIn(kInfo), kName);
INSTANTIATE_TEST_SUITE_P(Map, ImageDamage, ::testing::ValuesIn(kMap), kName);
INSTANTIATE_TEST_SUITE_P(Runs, ImageDamage, ::testing::ValuesIn(kRuns), kName);
INSTANTIATE_TEST_SUITE_P(Notes, ImageDamage, ::testing::ValuesIn(kNotes), kName);

}  // namespace
}  // namespace checkpoint
