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

/// How far what was summed up is ahead of what has come.
class Trailing : public Sink {
 public:
  void sum(std::uint64_t bytes) { summed_ += bytes; }
  void write(ByteView bytes) override {
    ahead_ = std::max(ahead_, static_cast<std::int64_t>(summed_ - written_));
    written_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t summed() const { return summed_; }
  [[nodiscard]] std::int64_t ahead() const { return ahead_; }

 private:
  std::uint64_t summed_ = 0;
  std::uint64_t written_ = 0;
  std::int64_t ahead_ = 0;
};

// However many they are: no image is gone through by itself to sum it up.
TEST_F(Merge, IsOnePassOverAllImages) {
  constexpr std::uint64_t part = 512 * kPageSize;  // 2 MiB
  constexpr std::size_t count = 8;
  constexpr std::uint64_t end = kPageSize + count * part;
  ImageBuilder builder(kPageSize, end);
  std::vector<Bytes> bytes;
  for (std::size_t n = 0; n < count; ++n) {
    const std::uint64_t start = kPageSize + n * part;
    builder.map(kPageSize, end);
    if (n == 0) builder.zero(kPageSize, end);
    bytes.push_back(builder.data(start, start + part, 'x').build());
    builder = ImageBuilder::inc_on(builder.info());
  }
  std::vector<Image> images;
  for (const Bytes& one : bytes) images.push_back(Image::from_bytes(one, "image"));
  const Chain chain = Chain::from_images(std::move(images));
  Trailing sink;
  merge(Snapshot(chain), sink, [&sink](std::uint64_t some) { sink.sum(some); });
  EXPECT_EQ(sink.summed(), chain.summed_bytes());
  EXPECT_LT(sink.ahead(), static_cast<std::int64_t>(part / 2));
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
