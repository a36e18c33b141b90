// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/same_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/merge.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

/// Whether the sample chain says the same as @bytes, a full image.
bool same_as_samples(const Bytes& bytes) {
  const Bytes full = sample_full().build();
  const Bytes inc = sample_inc().build();
  std::vector<Image> both;
  both.push_back(Image::from_bytes(full, "full"));
  both.push_back(Image::from_bytes(inc, "inc"));
  const Chain chain = Chain::from_images(std::move(both));
  std::vector<Image> one;
  one.push_back(Image::from_bytes(bytes, "other"));
  const Chain other = Chain::from_images(std::move(one));
  return same_memory(Snapshot(chain), Snapshot(other)) &&
         same_memory(Snapshot(other), Snapshot(chain));
}

/// The sample chain after its inc, in one image.
ImageBuilder merged() {
  const Bytes full = sample_full().build();
  const Image parent = Image::from_bytes(full, "full");
  ImageBuilder image(0x10000, 0x40000);
  for (std::size_t n = 0; n < 3; ++n) image.map(parent.mappings()[n]);
  image.zero(0x10000, 0x11000)
      .data(0x11000, 0x12000, 'B')
      .zero(0x12000, 0x14000)
      .data(0x20000, 0x21000, 'c')
      .file(0x21000, 0x23000);
  return image;
}

TEST(SameMemory, OfAChainAndWhatItSays) {
  EXPECT_TRUE(same_as_samples(merged().build()));
}

TEST(SameMemory, SeesEveryDifference) {
  EXPECT_FALSE(same_as_samples(merged().data(0x11000, 0x12000, 'b').build()));
  EXPECT_FALSE(same_as_samples(merged().data(0x12000, 0x13000, 0).build()));
  EXPECT_FALSE(same_as_samples(merged().zero(0x20000, 0x21000).build()));
  EXPECT_FALSE(
      same_as_samples(merged().skipped(0x22000, 0x23000, PROC_CHECKPOINT_SKIP_EOF).build()));
  EXPECT_FALSE(same_as_samples(merged().map(0x38000, 0x39000).zero(0x38000, 0x39000).build()));
  EXPECT_FALSE(same_as_samples(sample_full().build()));
}

}  // namespace
}  // namespace checkpoint
