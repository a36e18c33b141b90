// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kReadWrite = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE;

class Changes : public ::testing::Test {
 protected:
  /// The chain of @images; the last image's changes.
  std::vector<AddressRange> of(const std::vector<ImageBuilder>& builders,
                               Compare compare = Compare::where_needed) {
    std::vector<Image> images;
    for (const ImageBuilder& builder : builders) {
      bytes_.push_back(std::make_unique<Bytes>(builder.build()));
      images.push_back(Image::from_bytes(*bytes_.back(), str("image ", images.size())));
    }
    all_ = find_changes(Chain::from_images(std::move(images)), compare);
    return all_.back();
  }

  std::vector<std::unique_ptr<Bytes>> bytes_;
  std::vector<std::vector<AddressRange>> all_;
};

/// One mapping, 0x10000-0x18000: data 'a' up to 0x14000, then zero.
ImageBuilder full(std::uint32_t flags = 0) {
  ImageBuilder image(0x10000, 0x40000);
  image.map({.start = 0x10000, .end = 0x18000, .prot = kReadWrite, .flags = flags})
      .data(0x10000, 0x14000, 'a')
      .zero(0x14000, 0x18000);
  return image;
}

ImageBuilder inc(ImageBuilder parent, std::uint32_t flags = 0) {
  ImageBuilder image = ImageBuilder::inc_on(parent.info());
  image.map({.start = 0x10000, .end = 0x18000, .prot = kReadWrite, .flags = flags});
  return image;
}

TEST_F(Changes, NothingChangesInAFullImage) {
  EXPECT_THAT(of({full()}), IsEmpty());
  EXPECT_EQ(all_.size(), 1U);
}

TEST_F(Changes, PagesThatAreNotNamedDidNotChange) {
  EXPECT_THAT(of({full(), inc(full())}), IsEmpty());
}

TEST_F(Changes, DataChanged) {
  EXPECT_THAT(of({full(), inc(full()).data(0x11000, 0x12000, 'a').data(0x15000, 0x16000, 'b')}),
              ElementsAre(AddressRange{0x11000, 0x12000}, AddressRange{0x15000, 0x16000}));
}

TEST_F(Changes, NeighboursAreOneRange) {
  // Two runs of the inc, and two states before.
  EXPECT_THAT(of({full(), inc(full()).zero(0x13000, 0x14000).data(0x14000, 0x16000, 'b')}),
              ElementsAre(AddressRange{0x13000, 0x16000}));
}

TEST_F(Changes, ZerosChangedUnlessTheyWereZero) {
  EXPECT_THAT(of({full(), inc(full()).zero(0x13000, 0x16000)}),
              ElementsAre(AddressRange{0x13000, 0x14000}));
}

TEST_F(Changes, AreFromOneIncToTheNext) {
  ImageBuilder first = inc(full()).zero(0x10000, 0x11000).data(0x14000, 0x15000, 'x');
  ImageBuilder second = inc(first).zero(0x10000, 0x12000).zero(0x14000, 0x15000);
  EXPECT_THAT(of({full(), first, second}),
              ElementsAre(AddressRange{0x11000, 0x12000}, AddressRange{0x14000, 0x15000}));
  EXPECT_THAT(all_[1], ElementsAre(AddressRange{0x10000, 0x11000}, AddressRange{0x14000, 0x15000}));
}

TEST_F(Changes, SkippedPagesChangedUnlessTheyWereSkipped) {
  ImageBuilder first = inc(full()).skipped(0x10000, 0x11000, PROC_CHECKPOINT_SKIP_GUARD);
  ImageBuilder second = inc(first).skipped(0x10000, 0x12000, PROC_CHECKPOINT_SKIP_POISON);
  EXPECT_THAT(of({full(), first, second}), ElementsAre(AddressRange{0x11000, 0x12000}));
  EXPECT_THAT(all_[1], ElementsAre(AddressRange{0x10000, 0x11000}));
}

TEST_F(Changes, SharedAndHugetlbPagesAreCompared) {
  for (const std::uint32_t flags : {PROC_CHECKPOINT_MAP_SHARED, PROC_CHECKPOINT_MAP_HUGETLB}) {
    ImageBuilder image = inc(full(flags), flags);
    image.data(0x10000, 0x12000, 'a').data(0x12000, 0x13000, 'b').data(0x14000, 0x15000, 0);
    EXPECT_THAT(of({full(flags), image}), ElementsAre(AddressRange{0x12000, 0x13000}));
  }
}

TEST_F(Changes, AllPagesAreComparedWhenAsked) {
  ImageBuilder zeros(0x10000, 0x40000);
  zeros.map(0x10000, 0x18000).data(0x10000, 0x14000, 0).zero(0x14000, 0x18000);
  ImageBuilder image = inc(zeros);
  image.zero(0x10000, 0x11000).data(0x11000, 0x12000, 0).data(0x12000, 0x13000, 'a');
  EXPECT_THAT(of({zeros, image}, Compare::all), ElementsAre(AddressRange{0x12000, 0x13000}));
  EXPECT_THAT(of({zeros, image}), ElementsAre(AddressRange{0x10000, 0x13000}));
}

TEST_F(Changes, NewlyMappedPagesChangedIfTheyAreData) {
  ImageBuilder image = inc(full());
  image.map(0x20000, 0x24000).data(0x20000, 0x21000, 'a').zero(0x21000, 0x24000);
  EXPECT_THAT(of({full(), image}), ElementsAre(AddressRange{0x20000, 0x21000}));
}

TEST_F(Changes, UnmappedPagesDidNotChange) {
  ImageBuilder image = ImageBuilder::inc_on(full().info());
  image.map(0x12000, 0x18000);
  ImageBuilder again = inc(image).zero(0x10000, 0x12000);
  EXPECT_THAT(of({full(), image, again}), IsEmpty());
}

TEST_F(Changes, PagesOfAFileChangedUnlessTheyWereTheSame) {
  ImageBuilder same = ImageBuilder::inc_on(sample_full().info());
  const auto library = [](std::uint64_t inode) {
    return Mapping{.start = 0x20000,
                   .end = 0x23000,
                   .offset = 0x5000,
                   .prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_EXEC,
                   .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF,
                   .dev_major = 8,
                   .dev_minor = 1,
                   .inode = inode};
  };
  same.map(library(4711)).file(0x20000, 0x22000);
  EXPECT_THAT(of({sample_full(), same}), ElementsAre(AddressRange{0x20000, 0x21000}));
  ImageBuilder other = ImageBuilder::inc_on(sample_full().info());
  other.map(library(4712)).file(0x20000, 0x23000);
  EXPECT_THAT(of({sample_full(), other}), ElementsAre(AddressRange{0x20000, 0x23000}));
}

TEST_F(Changes, APageThatNobodyHasIsDamage) {
  ImageBuilder image = inc(full());
  image.map(0x20000, 0x24000);
  try {
    of({full(), image});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    EXPECT_STREQ(error.what(),
                 "image 1: the chain is broken: it leaves a page to its parent, where that is not "
                 "mapped (found 0x20000)");
  }
}

}  // namespace
}  // namespace checkpoint
