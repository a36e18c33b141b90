// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_writer.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "checkpoint/image.h"
#include "checkpoint/notes.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/raw_image.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

ImageContents contents() {
  return {.info = ImageBuilder(0x10000, 0x20000).info(),
          .mappings = {{.start = 0x10000, .end = 0x12000, .name = "x"}},
          .runs = {{.start = 0x10000, .end = 0x12000, .state = PageState::data}},
          .prpsinfo = {}};
}

TEST(ImageWriter, TakesDataInPiecesOfAnySize) {
  MemorySink whole;
  ImageWriter at_once(whole, contents());
  at_once.write_data(filled(2 * kPageSize, 'x'));
  at_once.finish();
  MemorySink parts;
  ImageWriter in_parts(parts, contents());
  for (std::size_t n = 0; n < 2 * kPageSize; n += 512) in_parts.write_data(filled(512, 'x'));
  in_parts.finish();
  EXPECT_EQ(whole.bytes(), parts.bytes());
  Image::from_bytes(whole.bytes(), "image").verify();
}

TEST(ImageWriter, InsistsOnExactlyTheDataOfTheRuns) {
  MemorySink sink;
  ImageWriter writer(sink, contents());
  writer.write_data(filled(kPageSize, 'x'));
  EXPECT_THROW(writer.finish(), std::logic_error);
  EXPECT_THROW(writer.write_data(filled(kPageSize + 1, 'x')), std::logic_error);
}

TEST(ImageWriter, AlignsDataToPages) {
  const RawImage image(sample_full().build());
  const auto segment = load<Elf64_Phdr>(image.bytes(), image.program_header(1), {"test"});
  EXPECT_EQ(segment.p_type, PT_LOAD);
  EXPECT_EQ(segment.p_offset % kPageSize, 0U);
  EXPECT_EQ(std::to_integer<char>(image.bytes()[segment.p_offset]), 'a');
}

// As the kernel has those whose path is too long.
TEST(ImageWriter, HasFilesWithoutANameInNtFile) {
  Mapping file = file_mapping(0x20000, 0x23000, "/proc/self/exe");
  file.name.clear();
  ImageBuilder builder(0x20000, 0x23000);
  builder.map(file).file(0x20000, 0x23000);
  const RawImage image(builder.build());
  EXPECT_EQ(load<std::uint64_t>(image.bytes(), image.descriptor(NT_FILE), {"test"}), 1U);
  EXPECT_EQ(Image::from_bytes(image.bytes(), "image").mappings().front().name, "");
}

TEST(ImageWriter, KeepsTheCommandForGdb) {
  ImageContents with_command = contents();
  with_command.prpsinfo = filled(136, 'p');
  with_command.runs[0].state = PageState::zero;
  MemorySink sink;
  ImageWriter(sink, with_command).finish();
  const Image image = Image::from_bytes(sink.bytes(), "image");
  EXPECT_EQ(to_text(image.prpsinfo()), std::string(136, 'p'));
}

/// Lets this process have no more than 256 MiB more of memory.
void limit_memory() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * kPageSize + (rlim_t{256} << 20);
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  ::setrlimit(RLIMIT_AS, &limit);
}

TEST(ImageWriter, RefusesANoteThatIsLargerThanElfAllows) {
  EXPECT_EXIT(
      {
        limit_memory();
        Bytes out;
        try {
          const std::byte first{};  // no more of it is looked at
          append_note(out, "CORE", 1, ByteView(&first, std::size_t{UINT32_MAX} + 1));
        } catch (const Error&) {
          ::_exit(0);
        }
        ::_exit(1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace checkpoint
