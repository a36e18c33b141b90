// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

TEST(Image, HasTheInfoThatWasWritten) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "test");
  Info expected = sample_full().info();
  expected.pages_data = 3;
  expected.pages_zero = 2;
  expected.pages_file = 2;
  expected.pages_skipped = 2;
  expected.mappings = 4;
  EXPECT_EQ(image.info(), expected);
}

TEST(Image, HasTheMappingsThatWereWritten) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "test");
  ASSERT_EQ(image.mappings().size(), 4U);
  EXPECT_EQ(image.mappings()[0].name, "[heap]");
  EXPECT_EQ(image.mappings()[1].name, "");
  const Mapping& library = image.mappings()[2];
  EXPECT_EQ(library.inode, 4711U);
  EXPECT_EQ(library.file_size, 0x7800U);
  EXPECT_EQ(library.mtime_nsec, 5U);
  EXPECT_EQ(protection_text(library), "r-xp");
  EXPECT_EQ(mapping_flags_text(library.flags), "file,by_ref");
  EXPECT_EQ(protection_text(image.mappings()[3]), "rw-s");
}

TEST(Image, HasOneRunForEachStateOfEachMapping) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "test");
  std::string text;
  for (const auto& run : image.runs())
    text += str(range_text(run.start, run.end), ' ', state_text(run.state), ' ', run.mapping, '\n');
  EXPECT_EQ(text,
            "0x10000-0x12000 data 0\n"
            "0x12000-0x13000 zero 0\n"
            "0x13000-0x14000 zero 1\n"
            "0x20000-0x21000 data 2\n"
            "0x21000-0x23000 file 2\n"
            "0x30000-0x32000 skipped 3\n");
  EXPECT_EQ(image.runs()[4].offset, 0x6000U);
  EXPECT_EQ(image.runs()[5].reason, unsigned{PROC_CHECKPOINT_SKIP_DEVICE});
}

TEST(Image, TellsTheStateOfEveryAddress) {
  const Bytes full = sample_full().build();
  const Image image = Image::from_bytes(full, "test");
  EXPECT_EQ(image.state_at(0), PageState::unmapped);
  EXPECT_EQ(image.state_at(0xffff), PageState::unmapped);
  EXPECT_EQ(image.state_at(0x10000), PageState::data);
  EXPECT_EQ(image.state_at(0x11fff), PageState::data);
  EXPECT_EQ(image.state_at(0x12000), PageState::zero);
  EXPECT_EQ(image.state_at(0x14000), PageState::unmapped);
  EXPECT_EQ(image.state_at(0x22fff), PageState::file);
  EXPECT_EQ(image.state_at(0x30000), PageState::skipped);
  EXPECT_EQ(image.state_at(UINT64_MAX), PageState::unmapped);
  const Bytes inc = sample_inc().build();
  EXPECT_EQ(Image::from_bytes(inc, "test").state_at(0x12000), PageState::absent);
}

TEST(Image, GivesTheBytesOfAPage) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "test");
  Bytes page = filled(kPageSize, '?');
  EXPECT_EQ(image.read_page(0x11000, page), PageState::data);
  EXPECT_EQ(page, filled(kPageSize, 'b'));
  EXPECT_EQ(image.read_page(0x12000, page), PageState::zero);
  EXPECT_EQ(page, filled(kPageSize, 0));
  page = filled(kPageSize, '?');
  EXPECT_EQ(image.read_page(0x21000, page), PageState::file);
  EXPECT_EQ(image.read_page(0x14000, page), PageState::unmapped);
  EXPECT_EQ(page, filled(kPageSize, '?'));
}

TEST(Image, GivesTheBytesOfARun) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "test");
  EXPECT_EQ(to_text(image.bytes(image.runs()[0])),
            std::string(kPageSize, 'a') + std::string(kPageSize, 'b'));
  EXPECT_TRUE(image.bytes(image.runs()[1]).empty());
}

TEST(Image, OpensAFileAndStaysGoodWhenMoved) {
  const TempDir dir;
  sample_full().write_to(dir / "image");
  Image first = Image::open(dir / "image");
  const Image second = std::move(first);
  second.verify();
  EXPECT_EQ(second.name(), dir / "image");
  EXPECT_EQ(second.file_size(), second.end_note().length + 40);
}

TEST(Image, VerifyTellsOfEveryByteThatItReads) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "sample");
  std::uint64_t heard = 0;
  image.verify([&](std::uint64_t count) { heard += count; });
  EXPECT_EQ(heard, image.end_note().length);
}

TEST(Image, OfARangeWithoutMappingsIsGood) {
  const Bytes bytes = ImageBuilder(0x10000, 0x20000).build();
  const Image image = Image::from_bytes(bytes, "test");
  image.verify();
  EXPECT_TRUE(image.runs().empty());
}

TEST(Image, ErrorsNameTheFile) {
  const TempDir dir;
  write_file(dir / "image", "no image");
  try {
    Image::open(dir / "image");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.subject(), dir / "image");
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
  }
}

TEST(Image, MayHaveMoreSegmentsThanTheElfHeaderCanCount) {
  constexpr std::uint64_t pages = 70'000;
  ImageBuilder builder(0x10000, 0x10000 + pages * kPageSize);
  builder.map(0x10000, 0x10000 + pages * kPageSize);
  for (std::uint64_t n = 0; n < pages; ++n) {
    const std::uint64_t at = 0x10000 + n * kPageSize;
    n % 1000 == 1 ? builder.data(at, at + kPageSize, 'x')
    : n % 2 == 0  ? builder.zero(at, at + kPageSize)
                  : builder.skipped(at, at + kPageSize, PROC_CHECKPOINT_SKIP_GUARD);
  }
  ImageBuilder all_loads(0x10000, 0x10000 + pages * kPageSize);
  for (std::uint64_t n = 0; n < pages; ++n)
    all_loads.map(0x10000 + n * kPageSize, 0x11000 + n * kPageSize);
  all_loads.zero(0x10000, 0x10000 + pages * kPageSize);
  const Bytes few = builder.build();
  EXPECT_EQ(Image::from_bytes(few, "few").info().pages_data, 70U);
  const Bytes many = all_loads.build();
  const Image image = Image::from_bytes(many, "many");
  image.verify();
  EXPECT_EQ(image.runs().size(), pages);
}

}  // namespace
}  // namespace checkpoint
