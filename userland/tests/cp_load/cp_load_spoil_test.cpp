// SPDX-License-Identifier: GPL-2.0-or-later
// Images that are cut, and with each byte and each field changed: refused, and
// never read beyond their end.
#include <elf.h>

#include <functional>

#include "arena.h"
#include "checkpoint/crc32c.h"
#include "checkpoint/test_support/raw_image.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

/// All checks of one image, in a buffer of exactly its size, so that a
/// sanitizer sees what is read behind it.
int check(const Bytes& bytes) {
  const Bytes exact(bytes);
  cp_load_image_ image{};
  image.bytes = reinterpret_cast<const unsigned char*>(exact.data());
  image.size = exact.size();
  int error = cp_load_parse_(&image);
  if (error == 0) error = cp_load_check_(&image);
  if (error == 0) error = cp_load_check_links_(&image, 1);
  if (error == 0) error = cp_load_check_pages_(&image, 1);
  if (error == 0) {
    Bytes memory(image.info.end - image.info.start);
    cp_load_write_(&image, reinterpret_cast<unsigned char*>(memory.data()));
  }
  return error;
}

/// With a run of each kind, in several mappings.
Bytes sample() {
  return sample_full().build();
}
/// One that can be loaded.
Bytes good() {
  return full_image().build();
}

/// Every byte of headers and notes, and some of the data.
std::vector<std::size_t> offsets(const Bytes& bytes) {
  std::vector<std::size_t> all;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    if (at < kPageSize + 8 || at + 100 > bytes.size() || at % 509 == 0) all.push_back(at);
  return all;
}

TEST(CpLoadSpoil, CutAtAnyLength) {
  ASSERT_EQ(check(good()), 0);
  ASSERT_EQ(errno_name(check(sample())), "ENODATA");
  for (const Bytes& whole : {good(), sample(), sample_inc().build()})
    for (const std::size_t length : offsets(whole))
      ASSERT_EQ(errno_name(check({whole.begin(), whole.begin() + std::ptrdiff_t(length)})),
                "EBADMSG")
          << "cut at " << length;
}

TEST(CpLoadSpoil, AnyByteChanged) {
  Bytes bytes = good();
  for (const std::size_t at : offsets(bytes))
    for (const unsigned char flip : {0x01, 0x80}) {
      bytes[at] ^= std::byte{flip};
      ASSERT_NE(check(bytes), 0) << "byte " << at << " ^ " << int{flip};
      bytes[at] ^= std::byte{flip};
    }
}

TEST(CpLoadSpoil, AnyByteChangedAndTheChecksumMadeRightIsNoCrash) {
  for (const Bytes& whole : {good(), sample(), sample_inc().build()}) {
    const RawImage original(whole);
    const std::uint64_t end = original.note(PROC_CHECKPOINT_NT_END);
    const std::uint64_t sum =
        original.descriptor(PROC_CHECKPOINT_NT_END) + offsetof(proc_checkpoint_end, crc32c);
    for (const std::size_t at : offsets(whole))
      for (const unsigned char flip : {0x01, 0x80, 0xff}) {
        Bytes bytes = whole;
        bytes[at] ^= std::byte{flip};
        Crc32c crc;
        crc.update(ByteView(bytes).first(end));
        const std::uint32_t value = crc.value();
        std::memcpy(bytes.data() + sum, &value, sizeof(value));
        static_cast<void>(check(bytes));
      }
  }
}

/// Changes a struct of a good image, and the checksum; the errno.
template <typename T>
std::string spoiled(std::uint64_t (*where)(const RawImage&), const std::function<void(T&)>& change,
                    const Bytes& bytes = good()) {
  RawImage image(bytes);
  image.edit<T>(where(image), change);
  image.seal();
  return errno_name(check(image.bytes()));
}

std::uint64_t header(const RawImage&) {
  return 0;
}
std::uint64_t head(const RawImage& image) {
  return image.program_header(0);
}
std::uint64_t first_load(const RawImage& image) {
  return image.program_header(1);
}
std::uint64_t last_load(const RawImage& image) {
  return image.program_header(2);
}
std::uint64_t info(const RawImage& image) {
  return image.descriptor(PROC_CHECKPOINT_NT_INFO);
}
std::uint64_t mapping(const RawImage& image) {
  return image.mapping(0);
}
std::uint64_t second_mapping(const RawImage& image) {
  return image.mapping(1);
}

TEST(CpLoadSpoil, FieldsOfTheElfHeader) {
  using Change = std::function<void(Elf64_Ehdr&)>;
  for (const Change& change : std::vector<Change>{
           [](auto& h) { h.e_ident[0] = 0; }, [](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; },
           [](auto& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; },
           [](auto& h) { h.e_ident[EI_VERSION] = 2; }, [](auto& h) { h.e_type = ET_EXEC; },
           [](auto& h) { h.e_machine = EM_386; }, [](auto& h) { h.e_version = 2; },
           [](auto& h) { h.e_phentsize = 32; }}) {
    EXPECT_EQ(spoiled<Elf64_Ehdr>(header, change), "EBADMSG");
  }
  // Those that say where the rest is: the image cannot be sealed then.
  for (const Change& change : std::vector<Change>{
           [](auto& h) { h.e_phoff += 8; }, [](auto& h) { h.e_phoff = UINT64_MAX - 7; },
           [](auto& h) { h.e_phnum = 0; }, [](auto& h) { h.e_phnum = 1; },
           [](auto& h) { h.e_phnum -= 1; }, [](auto& h) { h.e_phnum = 0xfffe; },
           [](auto& h) { h.e_phnum = PN_XNUM; }}) {
    RawImage image(good());
    image.edit<Elf64_Ehdr>(0, change);
    EXPECT_EQ(errno_name(check(image.bytes())), "EBADMSG");
  }
}

TEST(CpLoadSpoil, FieldsOfTheProgramHeaders) {
  using Change = std::function<void(Elf64_Phdr&)>;
  for (const Change& change : std::vector<Change>{
           [](auto& p) { p.p_type = PT_NOTE; }, [](auto& p) { p.p_offset += kPageSize; },
           [](auto& p) { p.p_offset = UINT64_MAX - 5; }, [](auto& p) { p.p_vaddr += 1; },
           [](auto& p) { p.p_vaddr += kPageSize; }, [](auto& p) { p.p_vaddr -= kPageSize; },
           [](auto& p) { p.p_vaddr = UINT64_MAX - kPageSize + 1; },
           [](auto& p) { p.p_filesz -= kPageSize; }, [](auto& p) { p.p_filesz = 0; },
           [](auto& p) { p.p_filesz = p.p_memsz = UINT64_MAX - kPageSize + 1; },
           [](auto& p) { p.p_memsz += kPageSize; }, [](auto& p) { p.p_memsz = 0; },
           [](auto& p) { p.p_align = 1; }}) {
    EXPECT_EQ(spoiled<Elf64_Phdr>(first_load, change), "EBADMSG");
  }
  for (const Change& change : std::vector<Change>{
           [](auto& p) { p.p_vaddr -= kPageSize; }, [](auto& p) { p.p_vaddr += kPageSize; },
           [](auto& p) { p.p_memsz -= kPageSize; }, [](auto& p) { p.p_filesz = p.p_memsz; }}) {
    EXPECT_EQ(spoiled<Elf64_Phdr>(last_load, change), "EBADMSG");
  }
  for (const Change& change : std::vector<Change>{
           [](auto& p) { p.p_type = PT_LOAD; }, [](auto& p) { p.p_filesz = 44; },
           [](auto& p) { p.p_filesz = UINT64_MAX; }, [](auto& p) { p.p_offset += 4; }}) {
    RawImage image(good());
    image.edit<Elf64_Phdr>(head(image), change);
    EXPECT_EQ(errno_name(check(image.bytes())), "EBADMSG");
    RawImage end(good());
    end.edit<Elf64_Phdr>(end.last_program_header(), change);
    EXPECT_EQ(errno_name(check(end.bytes())), "EBADMSG");
  }
}

TEST(CpLoadSpoil, FieldsOfTheInfo) {
  using Raw = proc_checkpoint_info;
  using Change = std::function<void(Raw&)>;
  for (const Change& change : std::vector<Change>{
           [](auto& i) { i.info_bytes = 8; }, [](auto& i) { i.kind = 0; },
           [](auto& i) { i.kind = 3; }, [](auto& i) { i.page_size = 8192; },
           [](auto& i) { std::fill(std::begin(i.id), std::end(i.id), 0); },
           [](auto& i) { i.parent[0] = 1; }, [](auto& i) { i.kind = PROC_CHECKPOINT_KIND_INC; },
           [](auto& i) { i.start += 1; }, [](auto& i) { i.start += kPageSize; },
           [](auto& i) {
             i.start -= kPageSize;
             i.end = i.start;
           },
           [](auto& i) { i.end -= kPageSize; }, [](auto& i) { i.end += 1; },
           [](auto& i) { i.pages_data += 1; }, [](auto& i) { i.pages_zero -= 1; },
           [](auto& i) { i.pages_file = 1; }, [](auto& i) { i.pages_skipped = 1; },
           [](auto& i) { i.mappings = 2; }}) {
    EXPECT_EQ(spoiled<Raw>(info, change), "EBADMSG");
  }
  EXPECT_EQ(spoiled<Raw>(info, [](auto& i) { i.version = 2; }), "ENOTSUP");
  // A range that is larger than what is mapped.
  EXPECT_EQ(spoiled<Raw>(info, [](auto& i) { i.end += kPageSize; }), "ENODATA");
}

TEST(CpLoadSpoil, FieldsOfTheMap) {
  using Raw = proc_checkpoint_mapping;
  using Change = std::function<void(Raw&)>;
  for (const Change& change : std::vector<Change>{
           [](auto& m) { m.entry_bytes = 0; }, [](auto& m) { m.entry_bytes = sizeof(Raw); },
           [](auto& m) { m.entry_bytes += 4; }, [](auto& m) { m.entry_bytes = 0xfffffff8; },
           [](auto& m) { m.name_bytes = 8; }, [](auto& m) { m.name_bytes = UINT32_MAX; },
           [](auto& m) { m.start += 1; }, [](auto& m) { m.start += kPageSize; },
           [](auto& m) { m.end -= kPageSize; }, [](auto& m) { m.end = m.start; },
           [](auto& m) { m.end += kPageSize; }, [](auto& m) { m.reserved = 1; }}) {
    EXPECT_EQ(spoiled<Raw>(mapping, change), "EBADMSG");
  }
  EXPECT_EQ(spoiled<Raw>(
                second_mapping, [](auto& m) { m.start -= kPageSize; }, sample()),
            "EBADMSG");
}

TEST(CpLoadSpoil, NotesAndRuns) {
  using Change = std::function<void(Elf64_Nhdr&)>;
  for (const std::uint32_t type :
       {PROC_CHECKPOINT_NT_INFO, PROC_CHECKPOINT_NT_MAP, PROC_CHECKPOINT_NT_FILE_PAGES,
        PROC_CHECKPOINT_NT_SKIPPED, PROC_CHECKPOINT_NT_END})
    for (const Change& change : std::vector<Change>{
             [](auto& n) { n.n_type += 7; }, [](auto& n) { n.n_namesz -= 1; },
             [](auto& n) { n.n_descsz += 1; }, [](auto& n) { n.n_descsz = UINT32_MAX; }}) {
      RawImage image(sample());
      image.edit<Elf64_Nhdr>(image.note(type), change);
      EXPECT_EQ(errno_name(check(image.bytes())), "EBADMSG") << std::hex << type;
    }
  const auto file = [](const RawImage& image) {
    return image.descriptor(PROC_CHECKPOINT_NT_FILE_PAGES);
  };
  using FileRun = proc_checkpoint_file_run;
  for (const std::function<void(FileRun&)>& change : std::vector<std::function<void(FileRun&)>>{
           [](auto& r) { r.start -= kPageSize; }, [](auto& r) { r.start += 1; },
           [](auto& r) { r.end += kPageSize; }, [](auto& r) { r.end = r.start; }})
    EXPECT_EQ(spoiled<FileRun>(file, change, sample()), "EBADMSG");
  const auto skipped = [](const RawImage& image) {
    return image.descriptor(PROC_CHECKPOINT_NT_SKIPPED);
  };
  using Skipped = proc_checkpoint_skipped_run;
  for (const std::function<void(Skipped&)>& change : std::vector<std::function<void(Skipped&)>>{
           [](auto& r) { r.reason = 0; }, [](auto& r) { r.reserved = 1; },
           [](auto& r) { r.end -= kPageSize; }, [](auto& r) { r.end += kPageSize; }})
    EXPECT_EQ(spoiled<Skipped>(skipped, change, sample()), "EBADMSG");
}

TEST(CpLoadSpoil, FieldsOfTheEnd) {
  using Raw = proc_checkpoint_end;
  for (const std::function<void(Raw&)>& change : std::vector<std::function<void(Raw&)>>{
           [](auto& e) { e.length -= 1; }, [](auto& e) { e.length = UINT64_MAX; },
           [](auto& e) { e.crc32c ^= 1; }, [](auto& e) { e.reserved = 1; }}) {
    RawImage image(good());
    image.edit<Raw>(image.descriptor(PROC_CHECKPOINT_NT_END), change);
    EXPECT_EQ(errno_name(check(image.bytes())), "EBADMSG");
  }
}

TEST(CpLoadSpoil, ADamagedIncLeavesTheMemory) {
  const TempDir dir;
  full_image().write_to(dir / "full");
  Bytes inc = inc_image(full_image().info()).data(page(0), page(1), 'c').build();
  for (std::size_t at = 0; at < inc.size(); at += 7) {
    Bytes bad = inc;
    bad[at] ^= std::byte{0x10};
    write_file(dir / "inc", bad);
    const Arena arena(8);
    ASSERT_NE(load(arena, {dir / "full", dir / "inc"}), "0") << at;
    ASSERT_EQ(arena.picture(), "........") << at;
  }
}

}  // namespace
}  // namespace checkpoint
