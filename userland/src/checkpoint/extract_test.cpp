// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

class Extract : public ::testing::Test {
 protected:
  std::string extract_of(const ImageBuilder& builder, std::uint64_t start, std::uint64_t end,
                         Holes holes = Holes::refuse) {
    const Bytes bytes = builder.build();
    std::vector<Image> images;
    images.push_back(Image::from_bytes(bytes, "image"));
    const Chain chain = Chain::from_images(std::move(images));
    MemorySink sink;
    try {
      extract(Snapshot(chain), start, end, holes, LostFiles::refuse, sink);
    } catch (const Error& error) {
      EXPECT_TRUE(sink.bytes().empty());
      return error.what();
    }
    return to_text(sink.bytes());
  }
};

TEST_F(Extract, GivesDataAndZerosAtAnyAlignment) {
  EXPECT_EQ(extract_of(sample_full(), 0x10fff, 0x11001), "ab");
  EXPECT_EQ(extract_of(sample_full(), 0x11fff, 0x12002), std::string("b\0\0", 3));
  std::string all(kPageSize, 'a');
  all.append(kPageSize, 'b').append(2 * kPageSize, '\0');
  EXPECT_EQ(extract_of(sample_full(), 0x10000, 0x14000), all);
}

TEST_F(Extract, RefusesWhatWasNotMapped) {
  EXPECT_THAT(extract_of(sample_full(), 0x13fff, 0x14001),
              HasSubstr("an address that was not mapped (found 0x14000)"));
  EXPECT_THAT(
      extract_of(sample_full(), 0xffff, 0x10001),
      HasSubstr("outside of the image's range (found 0xffff, expected within 0x10000-0x40000)"));
  EXPECT_THAT(extract_of(sample_full(), 0x50000, 0x50001),
              HasSubstr("(found 0x50000, expected within 0x10000-0x40000)"));
}

TEST_F(Extract, RefusesWhatWasSkipped) {
  EXPECT_THAT(extract_of(sample_full(), 0x30010, 0x30020),
              HasSubstr("a page that was not saved: device (found 0x30010)"));
}

TEST_F(Extract, FillsHolesWithZerosWhenTold) {
  EXPECT_EQ(extract_of(sample_full(), 0xfffe, 0x10002, Holes::zero), std::string("\0\0aa", 4));
  EXPECT_EQ(extract_of(sample_full(), 0x13ffe, 0x14002, Holes::zero), std::string(4, '\0'));
  EXPECT_EQ(extract_of(sample_full(), 0x31ffe, 0x32002, Holes::zero), std::string(4, '\0'));
}

TEST_F(Extract, ReadsTheFilesPagesFromTheFile) {
  const TempDir dir;
  write_file(dir / "file", std::string(kPageSize, 'f') + "g");
  ImageBuilder image(0x10000, 0x20000);
  image.map(file_mapping(0x10000, 0x12000, dir / "file"))
      .data(0x10000, 0x11000, 'd')
      .file(0x11000, 0x12000);
  EXPECT_EQ(extract_of(image, 0x10fff, 0x11002), std::string("dg\0", 3));
}

TEST_F(Extract, SaysWhenTheFileIsGone) {
  // (also when other bytes come first)
  EXPECT_THAT(extract_of(sample_full(), 0x20000, 0x22000),
              HasSubstr("/usr/lib/libsample.so: cannot open"));
}

}  // namespace
}  // namespace checkpoint
