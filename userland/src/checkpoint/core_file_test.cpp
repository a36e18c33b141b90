// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/core_file.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/procfs.h>
#include <unistd.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"
#include "checkpoint/test_support/stack.h"

namespace checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A core file, read by another way than the library's.
struct ReadCore {
  explicit ReadCore(Bytes whole) : bytes(std::move(whole)) {
    header = load<Elf64_Ehdr>(bytes, 0, {"test"});
    std::uint64_t count = header.e_phnum;
    if (count == PN_XNUM) count = load<Elf64_Shdr>(bytes, header.e_shoff, {"test"}).sh_info;
    for (std::uint64_t n = 0; n < count; ++n)
      segments.push_back(
          load<Elf64_Phdr>(bytes, header.e_phoff + n * sizeof(Elf64_Phdr), {"test"}));
    const ByteView notes(bytes);
    for (std::uint64_t at = segments.at(0).p_offset, end = at + segments.at(0).p_filesz;
         at < end;) {
      const auto note = load<Elf64_Nhdr>(bytes, at, {"test"});
      const std::uint64_t data = at + sizeof(note) + align_up(note.n_namesz, 4);
      note_types.push_back(note.n_type);
      note_data.push_back(notes.subspan(data, note.n_descsz));
      at = data + align_up(note.n_descsz, 4);
    }
  }

  /// "start-end flags filesz" of each PT_LOAD.
  [[nodiscard]] std::vector<std::string> loads() const {
    std::vector<std::string> texts;
    for (std::size_t n = 1; n < segments.size(); ++n) {
      const Elf64_Phdr& load = segments[n];
      EXPECT_EQ(load.p_type, PT_LOAD);
      EXPECT_EQ(load.p_align, kPageSize);
      EXPECT_EQ(load.p_offset % kPageSize, 0U);
      texts.push_back(str(range_text(load.p_vaddr, load.p_vaddr + load.p_memsz), ' ', load.p_flags,
                          ' ', hex(load.p_filesz)));
    }
    return texts;
  }

  /// As a debugger reads them: '?' where nothing is.
  [[nodiscard]] std::string memory(std::uint64_t start, std::uint64_t size) const {
    std::string text(size, '?');
    for (std::size_t n = 1; n < segments.size(); ++n)
      for (std::uint64_t at = 0; at < size; ++at) {
        const Elf64_Phdr& load = segments[n];
        if (start + at < load.p_vaddr || start + at >= load.p_vaddr + load.p_memsz) continue;
        const std::uint64_t offset = start + at - load.p_vaddr;
        text[at] =
            offset < load.p_filesz ? static_cast<char>(bytes.at(load.p_offset + offset)) : '\0';
      }
    return text;
  }

  /// The descriptor of the note of @type.
  [[nodiscard]] std::string note(std::uint32_t type) const {
    for (std::size_t n = 0; n < note_types.size(); ++n)
      if (note_types[n] == type) return to_text(note_data[n]);
    return "none";
  }

  Bytes bytes;
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;
  std::vector<std::uint32_t> note_types;
  std::vector<ByteView> note_data;
};

class CoreFile : public ::testing::Test {
 protected:
  ReadCore core_of(Bytes image, MissingFiles missing = MissingFiles::refuse) {
    MemorySink sink;
    std::vector<Image> images;
    images.push_back(Image::from_bytes(image, "image"));
    const Chain chain = Chain::from_images(std::move(images));
    facts_ = write_core(Snapshot(chain), missing, sink);
    EXPECT_EQ(facts_.bytes, sink.bytes().size());
    return ReadCore(sink.bytes());
  }

  /// A private mapping of a file "fff..." of two pages, the first one written to.
  ImageBuilder with_file() {
    write_file(dir_ / "file", to_text(filled(2 * kPageSize, 'f')));
    ImageBuilder image(0x10000, 0x40000);
    image.map(file_mapping(0x20000, 0x22000, dir_ / "file"))
        .data(0x20000, 0x21000, 'd')
        .file(0x21000, 0x22000);
    return image;
  }

  TempDir dir_;
  CoreFacts facts_;
};

constexpr unsigned kReadWrite = PF_R | PF_W;

TEST_F(CoreFile, HasASegmentForEachMapping) {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x13000)
      .map(0x13000, 0x14000, "", PROC_CHECKPOINT_PROT_READ)
      .data(0x10000, 0x11000, 'a')
      .zero(0x11000, 0x12000)
      .data(0x12000, 0x14000, 'b');
  const ReadCore core = core_of(image.build());
  EXPECT_THAT(core.loads(), ElementsAre(str("0x10000-0x13000 ", kReadWrite, " 0x3000"),
                                        str("0x13000-0x14000 ", PF_R, " 0x1000")));
  EXPECT_EQ(core.memory(0x10fff, 2), std::string("a\0", 2));
  EXPECT_EQ(core.memory(0x11fff, 2), std::string("\0b", 2));
  EXPECT_EQ(core.memory(0x13fff, 2), "b?");
  EXPECT_EQ(facts_.segments, 2U);
  EXPECT_EQ(facts_.pages_data, 3U);
  EXPECT_EQ(facts_.pages_zero, 1U);
  EXPECT_FALSE(facts_.auxv);
}

TEST_F(CoreFile, IsAnElfCoreOfX86) {
  const ReadCore core = core_of(ImageBuilder(0x10000, 0x20000).build());
  EXPECT_EQ(core.header.e_type, ET_CORE);
  EXPECT_EQ(core.header.e_machine, EM_X86_64);
  EXPECT_EQ(core.segments.size(), 1U);
  EXPECT_EQ(core.segments[0].p_type, PT_NOTE);
}

TEST_F(CoreFile, HasZerosWithoutBytesWhereTheyMayBeTerabytes) {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x12000, "", 0)
      .map({.start = 0x12000,
            .end = 0x14000,
            .prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE,
            .flags = PROC_CHECKPOINT_MAP_DONTDUMP})
      .zero(0x10000, 0x14000)
      .data(0x13000, 0x14000, 'd');
  const ReadCore core = core_of(image.build());
  EXPECT_THAT(core.loads(),
              ElementsAre("0x10000-0x12000 0 0x0", str("0x12000-0x13000 ", kReadWrite, " 0x0"),
                          str("0x13000-0x14000 ", kReadWrite, " 0x1000")));
  EXPECT_EQ(core.memory(0x12fff, 2), std::string("\0d", 2));
}

TEST_F(CoreFile, HasTheBytesOfMappedFiles) {
  const ReadCore core = core_of(with_file().build());
  EXPECT_EQ(core.memory(0x20fff, 2), "df");
  EXPECT_EQ(core.memory(0x21fff, 2), "f?");
  EXPECT_EQ(facts_.pages_file, 1U);
}

// gdb would read the file where p_filesz is 0 and NT_FILE names one.
TEST_F(CoreFile, HasTheBytesOfZerosInMappedFiles) {
  write_file(dir_ / "file", to_text(filled(2 * kPageSize, 'f')));
  Mapping mapping = file_mapping(0x20000, 0x22000, dir_ / "file");
  mapping.prot = 0;
  ImageBuilder image(0x10000, 0x40000);
  image.map(mapping).zero(0x20000, 0x22000);
  EXPECT_EQ(core_of(image.build()).segments.at(1).p_filesz, 2 * kPageSize);
}

TEST_F(CoreFile, LeavesOutWhatWasSkipped) {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x13000)
      .data(0x10000, 0x13000, 'a')
      .skipped(0x11000, 0x12000, PROC_CHECKPOINT_SKIP_POISON);
  const ReadCore core = core_of(image.build());
  EXPECT_EQ(core.memory(0x10fff, 2), "a?");
  EXPECT_EQ(core.memory(0x11fff, 2), "?a");
  EXPECT_EQ(facts_.pages_skipped, 1U);
}

TEST_F(CoreFile, RefusesAFileThatIsNotThatOneAnyMore) {
  const Bytes image = with_file().build();
  write_file(dir_ / "file", "other");
  try {
    core_of(image);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(dir_ / "file" + ": is not the file that the image refers"));
    EXPECT_THAT(error.hint(), HasSubstr("--missing-files skip"));
  }
}

TEST_F(CoreFile, LeavesOutAMissingFileWhenTold) {
  const Bytes image = with_file().build();
  write_file(dir_ / "file", "other");
  const ReadCore core = core_of(image, MissingFiles::skip);
  EXPECT_EQ(core.memory(0x20fff, 2), "d?");
  EXPECT_EQ(facts_.pages_missing, 1U);
  EXPECT_EQ(facts_.pages_file, 0U);
  EXPECT_THAT(facts_.missing, ElementsAre(HasSubstr("another size")));
  // gdb must not look into the other file either.
  const std::string files = core.note(NT_FILE);
  ASSERT_GE(files.size(), 40U);
  std::uint64_t words[5];
  std::memcpy(words, files.data(), sizeof(words));
  EXPECT_THAT(words, ElementsAre(1, kPageSize, 0x20000, 0x21000, 0));
}

TEST_F(CoreFile, HasZerosForAMissingFileWhenTold) {
  const Bytes image = with_file().build();
  ASSERT_EQ(::unlink((dir_ / "file").c_str()), 0);
  EXPECT_EQ(core_of(image, MissingFiles::zero).memory(0x20fff, 3), std::string("d\0\0", 3));
  EXPECT_EQ(facts_.pages_missing, 1U);
}

TEST_F(CoreFile, NtFileHasThePiecesThatAreThere) {
  ImageBuilder image = with_file();
  image.skipped(0x20000, 0x21000, PROC_CHECKPOINT_SKIP_GUARD);
  const std::string files = core_of(image.build()).note(NT_FILE);
  std::uint64_t words[5];
  ASSERT_GE(files.size(), sizeof(words));
  std::memcpy(words, files.data(), sizeof(words));
  EXPECT_THAT(words, ElementsAre(1, kPageSize, 0x21000, 0x22000, 1));
  EXPECT_EQ(files.substr(sizeof(words)), dir_ / "file" + std::string(1, '\0'));
}

TEST_F(CoreFile, HasTheNotesThatDebuggersWantAndNoRegisters) {
  const ReadCore core = core_of(image_of_stack(SampleStack()));
  EXPECT_THAT(core.note_types, ElementsAre(NT_PRPSINFO, NT_AUXV, NT_FILE));
  EXPECT_EQ(core.note(NT_PRPSINFO).size(), sizeof(elf_prpsinfo));
  EXPECT_EQ(core.note(NT_AUXV).size(), (SampleStack().auxv.size() + 2) * 8);
  EXPECT_TRUE(facts_.auxv);
}

TEST_F(CoreFile, HasMoreSegmentsThanTheHeaderCounts) {
  constexpr std::uint64_t kMappings = 66'000;
  ImageBuilder image(0x10000, 0x10000 + 2 * kMappings * kPageSize);
  for (std::uint64_t n = 0; n < kMappings; ++n) {
    const std::uint64_t start = 0x10000 + 2 * n * kPageSize;
    image.map(start, start + kPageSize, "", 0).zero(start, start + kPageSize);
  }
  const ReadCore core = core_of(image.build());
  EXPECT_EQ(core.header.e_phnum, PN_XNUM);
  EXPECT_EQ(core.segments.size(), kMappings + 1);
  EXPECT_EQ(core.segments.back().p_vaddr, 0x10000 + 2 * (kMappings - 1) * kPageSize);
}

TEST_F(CoreFile, KeepsZerosAsHoles) {
  ImageBuilder image(0x10000, 0x4010000);
  image.map(0x10000, 0x4010000).zero(0x10000, 0x4010000).data(0x10000, 0x11000, 'a');
  const Bytes bytes = image.build();
  /// Counts what is written and what is left as a hole.
  class Counter : public Sink {
   public:
    void write(ByteView part) override { written += part.size(); }
    void write_zeros(std::uint64_t count) override { holes += count; }
    std::uint64_t written = 0, holes = 0;
  } sink;
  std::vector<Image> images;
  images.push_back(Image::from_bytes(bytes, "image"));
  const Chain chain = Chain::from_images(std::move(images));
  write_core(Snapshot(chain), MissingFiles::refuse, sink);
  EXPECT_EQ(sink.holes, 0x3fff000U);
  EXPECT_EQ(sink.written, 2 * kPageSize);
}

}  // namespace
}  // namespace checkpoint
