// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/chain.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

/// The chain of @builders; keeps their bytes.
class MadeChain {
 public:
  explicit MadeChain(const std::vector<ImageBuilder>& builders) {
    bytes_.reserve(builders.size());
    std::vector<Image> images;
    for (const ImageBuilder& builder : builders) {
      bytes_.push_back(builder.build());
      images.push_back(Image::from_bytes(bytes_.back(), str("image", bytes_.size() - 1)));
    }
    chain_.push_back(Chain::from_images(std::move(images)));
  }

  /// "START-END STATE IMAGE" lines, or the error.
  [[nodiscard]] std::string resolved() const {
    try {
      std::string text;
      for (const ResolvedRun& run : chain_.front().resolve())
        text += str(range_text(run.start, run.end), ' ', state_text(run.state), ' ',
                    run.image->name(), '\n');
      return text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::damaged);
      return error.what();
    }
  }

 private:
  std::vector<Bytes> bytes_;
  std::vector<Chain> chain_;
};

TEST(Resolve, OfAFullImageIsWhatItSays) {
  EXPECT_EQ(MadeChain({sample_full()}).resolved(),
            "0x10000-0x12000 data image0\n"
            "0x12000-0x13000 zero image0\n"
            "0x13000-0x14000 zero image0\n"
            "0x20000-0x21000 data image0\n"
            "0x21000-0x23000 file image0\n"
            "0x30000-0x32000 skipped image0\n");
}

TEST(Resolve, PutsAnIncOverItsParent) {
  EXPECT_EQ(MadeChain({sample_full(), sample_inc()}).resolved(),
            "0x10000-0x11000 zero image1\n"
            "0x11000-0x12000 data image1\n"
            "0x12000-0x13000 zero image0\n"
            "0x13000-0x14000 zero image0\n"
            "0x20000-0x21000 data image0\n"
            "0x21000-0x23000 file image0\n");
}

TEST(Resolve, ForgetsWhatIsNotMappedAnyMore) {
  ImageBuilder inc = ImageBuilder::inc_on(sample_full().info());
  inc.map(0x11000, 0x12000);
  EXPECT_EQ(MadeChain({sample_full(), inc}).resolved(), "0x11000-0x12000 data image0\n");
}

TEST(Resolve, AnUnmappedPageThatComesBackMustBeNamed) {
  ImageBuilder gone = ImageBuilder::inc_on(sample_full().info());
  gone.map(0x10000, 0x11000);
  ImageBuilder back = ImageBuilder::inc_on(gone.info());
  back.map(0x10000, 0x12000);
  EXPECT_THAT(MadeChain({sample_full(), gone, back}).resolved(),
              HasSubstr("image2: the chain is broken: it leaves a page to image1, where that is "
                        "not mapped (found 0x11000)"));
  back.zero(0x11000, 0x12000);
  EXPECT_EQ(MadeChain({sample_full(), gone, back}).resolved(),
            "0x10000-0x11000 data image0\n0x11000-0x12000 zero image2\n");
}

TEST(Resolve, ANewMappingMustBeNamed) {
  ImageBuilder inc = ImageBuilder::inc_on(sample_full().info());
  inc.map(0x18000, 0x19000);
  EXPECT_THAT(MadeChain({sample_full(), inc}).resolved(),
              HasSubstr("image1: the chain is broken: it leaves a page to image0"));
}

TEST(Resolve, TheFilesPagesMustStayOfThatFile) {
  const auto with = [](auto change) {
    ImageBuilder inc = ImageBuilder::inc_on(sample_full().info());
    const Bytes full = sample_full().build();
    Mapping library = Image::from_bytes(full, "").mappings()[2];
    change(library);
    inc.map(library);
    return MadeChain({sample_full(), inc}).resolved();
  };
  const std::string good = "0x20000-0x21000 data image0\n0x21000-0x23000 file image0\n";
  EXPECT_EQ(with([](Mapping&) {}), good);
  EXPECT_EQ(with([](Mapping& m) { m.file_size = 1; }), good);
  EXPECT_THAT(with([](Mapping& m) { m.inode = 1; }), HasSubstr("another file is mapped"));
  EXPECT_THAT(with([](Mapping& m) { m.dev_minor = 9; }), HasSubstr("another file is mapped"));
  EXPECT_THAT(with([](Mapping& m) { m.offset = 0; }), HasSubstr("another file is mapped"));
  EXPECT_THAT(with([](Mapping& m) { m.flags = 0; }), HasSubstr("another file is mapped"));
}

TEST(Resolve, SplitsRunsAtTheNewestMappings) {
  ImageBuilder full(0x10000, 0x20000);
  full.map(0x10000, 0x20000).data(0x10000, 0x20000, 'x');
  ImageBuilder inc = ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x14000).map(0x14000, 0x20000, "", PROC_CHECKPOINT_PROT_READ);
  EXPECT_EQ(MadeChain({full, inc}).resolved(),
            "0x10000-0x14000 data image0\n0x14000-0x20000 data image0\n");
}

TEST(Resolve, JoinsRunsAcrossMappingsOfTheParent) {
  ImageBuilder full(0x10000, 0x20000);
  full.map(0x10000, 0x14000).map(0x14000, 0x20000).data(0x10000, 0x20000, 'x');
  ImageBuilder inc = ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x20000);
  EXPECT_EQ(MadeChain({full, inc}).resolved(), "0x10000-0x20000 data image0\n");
}

TEST(Resolve, TakesChainsOfAnyLength) {
  std::vector<ImageBuilder> builders;
  builders.push_back(ImageBuilder(0x10000, 0x10000 + 2000 * kPageSize));
  builders.back().map(0x10000, 0x10000 + 2000 * kPageSize);
  builders.back().zero(0x10000, 0x10000 + 2000 * kPageSize);
  for (std::uint64_t n = 1; n < 200; ++n) {
    builders.push_back(ImageBuilder::inc_on(builders.back().info()));
    builders.back().map(0x10000, 0x10000 + 2000 * kPageSize);
    builders.back().data(0x10000 + n * 10 * kPageSize, 0x11000 + n * 10 * kPageSize, 'x');
  }
  const std::string text = MadeChain(builders).resolved();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 199 * 2 + 1);
}

}  // namespace
}  // namespace checkpoint
