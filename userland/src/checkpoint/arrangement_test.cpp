// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/arrangement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/image_files.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

std::string arranged(const std::vector<ImageFile>& images) {
  return chains_text(images, arrange(images));
}

/// 1 <- 2 <- 3
class ArrangementTest : public ::testing::Test {
 protected:
  ImageFile first_ = full_file("1", 1);
  ImageFile second_ = inc_file("2", 2, first_);
  ImageFile third_ = inc_file("3", 3, second_);
};

TEST_F(ArrangementTest, OfNothingIsEmpty) {
  EXPECT_EQ(arranged({}), "");
}

TEST_F(ArrangementTest, PutsAChainInOrderWhateverTheNames) {
  third_.name = "0";
  EXPECT_EQ(arranged({third_, first_, second_}), "1 2 0");
}

TEST_F(ArrangementTest, AFullImageBeginsAChain) {
  const ImageFile next = full_file("4", 4);
  EXPECT_EQ(arranged({first_, second_, next, inc_file("5", 5, next)}), "1 2; 4 5");
}

TEST_F(ArrangementTest, SortsByProcessAndTime) {
  ImageFile other = full_file("a", 9);
  other.info.pid = 7;
  ImageFile earlier = full_file("z", 8);
  earlier.info.time_ns = 0;
  EXPECT_EQ(arranged({first_, earlier, other}), "a; z; 1");
}

TEST_F(ArrangementTest, AnIncWithoutItsParentIsBroken) {
  EXPECT_EQ(arranged({first_, third_}),
            "1; 3: its parent is missing (found parent 00000000000000000000000000000002)");
}

TEST_F(ArrangementTest, WhatBuildsOnABrokenChainIsBrokenToo) {
  const auto text = arranged({second_, third_, inc_file("fork", 4, second_)});
  EXPECT_THAT(text, HasSubstr("2 3: its parent is missing"));
  EXPECT_THAT(text, HasSubstr("(2) fork: its parent is missing"));
}

TEST_F(ArrangementTest, AnIncThatDoesNotFitItsParentIsBroken) {
  second_.info.seq = 5;
  EXPECT_EQ(arranged({first_, second_}),
            "1; 2: the chain is broken: wrong sequence number (found 5, expected 1)");
  second_.info.seq = 1;
  second_.info.end = 0x50000;
  EXPECT_THAT(arranged({first_, second_}), HasSubstr("another range than in the parent"));
}

TEST_F(ArrangementTest, AMergedImageTakesThePlaceOfWhatItWasMadeFrom) {
  const std::vector<ImageFile> images = {first_, second_, third_, merged_file("m", second_)};
  const Arrangement arrangement = arrange(images);
  EXPECT_EQ(chains_text(images, arrangement), "1 2; m 3");
  EXPECT_EQ(arrangement.same_as[1], 3U);
  EXPECT_EQ(names_text(images, arrangement.path_to(2)), "m 3");
  EXPECT_EQ(names_text(images, arrangement.path_to(1)), "1 2");
}

TEST_F(ArrangementTest, AMergedImageNeedsNothingElse) {
  EXPECT_EQ(arranged({third_, merged_file("m", second_)}), "m 3");
}

TEST_F(ArrangementTest, TwoIncsOnOneImageAreAFork) {
  EXPECT_EQ(arranged({first_, second_, third_, inc_file("4", 4, first_)}), "1 2 3; (1) 4");
}

TEST_F(ArrangementTest, ACopyOfAnIncEndsNoChain) {
  ImageFile copy = second_;
  copy.name = "0";
  const std::vector<ImageFile> images = {copy, first_, second_, third_};
  const Arrangement arrangement = arrange(images);
  EXPECT_EQ(chains_text(images, arrangement), "1 0 3; (1) 2");
  EXPECT_EQ(arrangement.same_as[2], 0U);
}

TEST_F(ArrangementTest, TwoImagesOfOneIdThatDifferAreBroken) {
  ImageFile liar = full_file("liar", 2);
  liar.info.seq = 9;
  EXPECT_THAT(arranged({first_, second_, third_, liar}),
              HasSubstr("liar: it has the id of 2 and is another image"));
  liar = second_;
  liar.name = "liar";
  liar.info.time_ns++;
  EXPECT_THAT(arranged({first_, second_, third_, liar}),
              HasSubstr("(1) liar: it has the id of 2 and is another image"));
}

TEST_F(ArrangementTest, ImagesThatBuildOnEachOtherEndNothing) {
  first_.info.kind = Kind::inc;
  first_.info.parent = third_.info.id;
  EXPECT_THAT(arranged({first_, second_, third_}),
              HasSubstr("1 2 3: the chain is broken: wrong sequence number (found 0"));
  first_.info.parent = first_.info.id;
  EXPECT_THAT(arranged({first_}), HasSubstr("1: the chain is broken: wrong sequence number"));
  first_.info.seq = UINT64_MAX;
  second_.info.seq = 0;
  EXPECT_THAT(arranged({first_, second_}), HasSubstr("2: the chain is broken: wrong sequence"));
}

TEST_F(ArrangementTest, IsNotSlowWhenAllIdsAreTheSame) {
  std::vector<ImageFile> images(50'000, second_);
  for (ImageFile& image : images) image.info.id = image.info.parent = id_of(2);
  EXPECT_EQ(arrange(images).chains.size(), images.size());
}

TEST_F(ArrangementTest, TakesALongChain) {
  std::vector<ImageFile> images = {first_};
  for (std::uint64_t n = 2; n <= 100'000; ++n) images.push_back(inc_file("x", n, images.back()));
  const Arrangement arrangement = arrange(images);
  ASSERT_EQ(arrangement.chains.size(), 1U);
  EXPECT_EQ(arrangement.chains.front().images.size(), images.size());
  EXPECT_EQ(arrangement.path_to(images.size() - 1), arrangement.chains.front().images);
}

}  // namespace
}  // namespace checkpoint
