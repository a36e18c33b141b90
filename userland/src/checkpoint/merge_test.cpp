// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/merge.h"

#include <gtest/gtest.h>

#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

class Merge : public ::testing::Test {
 protected:
  Merge() {
    std::vector<Image> images;
    images.push_back(Image::from_bytes(full_, "full"));
    images.push_back(Image::from_bytes(inc_, "inc"));
    merge(Chain::from_images(std::move(images)), sink_);
  }

  Bytes full_ = sample_full().build();
  Bytes inc_ = sample_inc().build();
  MemorySink sink_;
};

TEST_F(Merge, MakesAFullImageInTheNewestsPlace) {
  const Image image = Image::from_bytes(sink_.bytes(), "merged");
  const Image newest = Image::from_bytes(inc_, "inc");
  image.verify();
  EXPECT_EQ(image.info().kind, Kind::full);
  EXPECT_TRUE(image.info().merged());
  EXPECT_TRUE(is_zero(image.info().parent));
  EXPECT_EQ(image.info().id, newest.info().id);
  EXPECT_EQ(image.info().seq, 1U);
  EXPECT_EQ(image.info().time_ns, newest.info().time_ns);
  EXPECT_EQ(image.mappings(), newest.mappings());
}

TEST_F(Merge, HasOneRunWhereThePagesCameFromSeveralImages) {
  ImageBuilder full(0x10000, 0x20000);
  full.map(0x10000, 0x13000).data(0x10000, 0x13000, 'a');
  ImageBuilder inc = ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x13000).data(0x11000, 0x12000, 'b');
  const Bytes first = full.build();
  const Bytes second = inc.build();
  std::vector<Image> images;
  images.push_back(Image::from_bytes(first, "full"));
  images.push_back(Image::from_bytes(second, "inc"));
  MemorySink sink;
  merge(Chain::from_images(std::move(images)), sink);
  const Image merged = Image::from_bytes(sink.bytes(), "merged");
  ASSERT_EQ(merged.runs().size(), 1U);
  EXPECT_EQ(merged.runs()[0].size(), 3 * kPageSize);
}

TEST_F(Merge, IsContinuedByTheNextInc) {
  ImageBuilder next = ImageBuilder::inc_on(sample_inc().info());
  next.map(0x10000, 0x13000, "[heap]");
  const Bytes third = next.build();
  std::vector<Image> images;
  images.push_back(Image::from_bytes(sink_.bytes(), "merged"));
  images.push_back(Image::from_bytes(third, "next"));
  EXPECT_EQ(Chain::from_images(std::move(images)).resolve().size(), 3U);
}

TEST_F(Merge, OfAMergedImageChangesNothing) {
  std::vector<Image> images;
  images.push_back(Image::from_bytes(sink_.bytes(), "merged"));
  MemorySink again;
  merge(Chain::from_images(std::move(images)), again);
  EXPECT_EQ(again.bytes(), sink_.bytes());
}

}  // namespace
}  // namespace checkpoint
