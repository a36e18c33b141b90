// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/heatmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::ElementsAre;

/// A full image and three incs:
///
///   0x10000-0x18000  [heap]  two touching mappings; page 0 changes thrice,
///                            pages 4 to 7 once
///   0x20000-0x22000  old     gone after the first inc, where it changes
///   0x30000-0x40000  cold    never changes
class Heat : public ::testing::Test {
 protected:
  void SetUp() override {
    ImageBuilder full(0x10000, 0x40000);
    map(full);
    full.map(0x20000, 0x22000, "old").map(0x30000, 0x40000, "cold");
    full.zero(0x10000, 0x18000).zero(0x20000, 0x22000).zero(0x30000, 0x40000);
    add(full);
    ImageBuilder first = ImageBuilder::inc_on(full.info());
    map(first);
    first.map(0x20000, 0x22000, "old").map(0x30000, 0x40000, "cold");
    first.data(0x10000, 0x11000, 1).data(0x20000, 0x22000, 1);
    add(first);
    ImageBuilder second = ImageBuilder::inc_on(first.info());
    map(second);
    second.map(0x30000, 0x40000, "cold").data(0x10000, 0x11000, 2).data(0x14000, 0x18000, 2);
    add(second);
    ImageBuilder third = ImageBuilder::inc_on(second.info());
    map(third);
    third.map(0x30000, 0x40000, "cold").data(0x10000, 0x11000, 3);
    add(third);
  }

  static void map(ImageBuilder& image) {
    image.map(0x10000, 0x13000, "[heap]").map(0x13000, 0x18000, "[heap]");
  }
  void add(const ImageBuilder& image) { built_.push_back(image.build()); }

  Heatmap heatmap(std::optional<AddressRange> range = std::nullopt) const {
    std::vector<Image> images;
    for (const Bytes& bytes : built_)
      images.push_back(Image::from_bytes(bytes, str("image ", images.size())));
    const Chain chain = Chain::from_images(std::move(images));
    return {chain, find_changes(chain, Compare::where_needed), range};
  }

  std::vector<Bytes> built_;
};

std::string text(const std::vector<HeatArea>& areas) {
  std::string all;
  for (const HeatArea& area : areas)
    all += str(range_text(area.start, area.end), ' ', area.protection, ' ', area.name,
               area.gone ? " gone" : "", ' ', area.changes, " in ", area.incs, '\n');
  return all;
}

TEST_F(Heat, AreasAreWhatWasMappedAtAnyTime) {
  EXPECT_EQ(text(heatmap().areas()),
            "0x10000-0x18000 rw-p [heap] 7 in 3\n"
            "0x20000-0x22000 rw-p old gone 2 in 1\n"
            "0x30000-0x40000 rw-p cold 0 in 0\n");
}

TEST_F(Heat, WhatIsMappedInPlaceOfAnotherIsTheNewestsArea) {
  ImageBuilder last = ImageBuilder::inc_on(Image::from_bytes(built_.back(), "last").info());
  last.map(0x12000, 0x21000, "new").zero(0x12000, 0x21000);
  add(last);
  EXPECT_EQ(text(heatmap().areas()),
            "0x10000-0x12000 rw-p [heap] gone 3 in 3\n"
            "0x12000-0x21000 rw-p new 9 in 3\n"
            "0x21000-0x22000 rw-p old gone 1 in 1\n"
            "0x30000-0x40000 rw-p cold gone 0 in 0\n");
}

TEST_F(Heat, WhatAMappingLostIsAnAreaOfItsOwn) {
  ImageBuilder last = ImageBuilder::inc_on(Image::from_bytes(built_.back(), "last").info());
  last.map(0x10000, 0x12000, "[heap]").map(0x30000, 0x40000, "cold");
  add(last);
  EXPECT_EQ(text(heatmap().areas()),
            "0x10000-0x12000 rw-p [heap] 3 in 3\n"
            "0x12000-0x18000 rw-p [heap] gone 4 in 1\n"
            "0x20000-0x22000 rw-p old gone 2 in 1\n"
            "0x30000-0x40000 rw-p cold 0 in 0\n");
}

TEST_F(Heat, OnlyTheRangeCounts) {
  const Heatmap part = heatmap(AddressRange{0x11000, 0x21000});
  EXPECT_EQ(text(part.areas()),
            "0x11000-0x18000 rw-p [heap] 4 in 1\n"
            "0x20000-0x21000 rw-p old gone 1 in 1\n");
  EXPECT_EQ(part.changes_in(1), 1U);
  EXPECT_EQ(part.changes_in(2), 4U);
}

TEST_F(Heat, CountsTheChangesOfEachInc) {
  const Heatmap all = heatmap();
  EXPECT_EQ(all.incs(), 3U);
  EXPECT_EQ(all.changes_in(1), 3U);
  EXPECT_EQ(all.changes_in(2), 5U);
  EXPECT_EQ(all.changes_in(3), 1U);
  EXPECT_THAT(all.by_inc(all.areas()[0]), ElementsAre(1, 5, 1));
}

TEST_F(Heat, TheHottestComeFirst) {
  EXPECT_EQ(text(heatmap().hottest(5)),
            "0x10000-0x18000 rw-p [heap] 7 in 3\n"
            "0x20000-0x22000 rw-p old gone 2 in 1\n");
  EXPECT_EQ(heatmap().hottest(1).size(), 1U);
}

std::string text(const std::vector<HeatBucket>& buckets) {
  std::string all;
  for (const HeatBucket& bucket : buckets)
    all += str(range_text(bucket.start, bucket.end), ' ', bucket.changes, '\n');
  return all;
}

TEST_F(Heat, BucketsDivideAnArea) {
  const Heatmap all = heatmap();
  EXPECT_EQ(text(all.buckets(all.areas()[0], 2)), "0x10000-0x14000 3\n0x14000-0x18000 4\n");
  EXPECT_EQ(text(all.buckets(all.areas()[0], 3)),
            "0x10000-0x12000 3\n0x12000-0x15000 1\n0x15000-0x18000 3\n");
  EXPECT_EQ(text(all.buckets(all.areas()[1], 99)), "0x20000-0x21000 1\n0x21000-0x22000 1\n");
}

std::string text(const HeatGrid& grid) {
  std::string all;
  for (const HeatGrid::Column& column : grid.columns)
    all += str(column.area, ' ', range_text(column.start, column.end), '\n');
  for (const HeatGrid::Row& row : grid.rows) {
    all += str(row.first, '-', row.last, ':');
    for (const std::uint64_t changes : row.changes) all += str(' ', changes);
    all += '\n';
  }
  return all;
}

TEST_F(Heat, AGridHasAreasSideBySide) {
  const Heatmap all = heatmap();
  EXPECT_EQ(text(all.grid(all.hottest(9), 6, 9)),
            "0 0x10000-0x12000\n"
            "0 0x12000-0x14000\n"
            "0 0x14000-0x16000\n"
            "0 0x16000-0x18000\n"
            "1 0x20000-0x22000\n"
            "1-1: 1 0 0 0 2\n"
            "2-2: 1 0 2 2 0\n"
            "3-3: 1 0 0 0 0\n");
}

TEST_F(Heat, EachAreaOfAGridHasAFewColumns) {
  const Heatmap all = heatmap();
  EXPECT_EQ(all.grid(all.hottest(9), 0, 1, 2).columns.size(), 4U);
  EXPECT_EQ(all.grid(all.hottest(9), 0, 1, 5).columns.size(), 7U) << "old has two pages";
}

TEST_F(Heat, SeveralIncsShareARow) {
  const Heatmap all = heatmap();
  EXPECT_EQ(text(all.grid(all.hottest(9), 0, 2)),
            "0 0x10000-0x18000\n"
            "1 0x20000-0x22000\n"
            "1-1: 1 2\n"
            "2-3: 6 0\n");
}

TEST(HeatLevel, GoesByShare) {
  EXPECT_EQ(heat_level(0, 100), 0U);
  EXPECT_EQ(heat_level(1, 100), 1U);
  EXPECT_EQ(heat_level(1, 99), 2U);
  EXPECT_EQ(heat_level(10, 100), 2U);
  EXPECT_EQ(heat_level(11, 100), 3U);
  EXPECT_EQ(heat_level(50, 100), 3U);
  EXPECT_EQ(heat_level(51, 100), 4U);
  EXPECT_EQ(heat_level(100, 100), 4U);
}

TEST(HeatLevel, AsText) {
  EXPECT_EQ(share_text(0, 0), "0.0 %");
  EXPECT_EQ(share_text(0, 9), "0.0 %");
  EXPECT_EQ(share_text(1, 100'000), "<0.1 %");
  EXPECT_EQ(share_text(1, 8), "12.5 %");
  EXPECT_EQ(share_text(8, 8), "100.0 %");
}

}  // namespace
}  // namespace checkpoint
