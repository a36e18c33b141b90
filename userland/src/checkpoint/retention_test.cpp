// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/image_files.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::string kept(const std::vector<std::uint64_t>& times, const KeepRules& rules) {
  std::string text;
  for (const bool one : kept_points(times, rules)) text += one ? 'K' : '-';
  return text;
}

TEST(KeptPoints, AreTheLast) {
  EXPECT_EQ(kept({1, 2, 3, 4}, {.last = 2}), "--KK");
  EXPECT_EQ(kept({1, 2}, {.last = 9}), "KK");
  EXPECT_EQ(kept({}, {.last = 9}), "");
}

TEST(KeptPoints, AreThoseSinceATime) {
  EXPECT_EQ(kept({1, 2, 3, 4}, {.since_ns = 3}), "--KK");
  EXPECT_EQ(kept({1, 2}, {.since_ns = 3}), "--");
}

TEST(KeptPoints, AreTheLastOfEachPeriod) {
  EXPECT_EQ(kept({1, 9, 10, 11, 19, 35}, {.every_ns = 10}), "-K--KK");
}

TEST(KeptPoints, AreThoseOfAnyRule) {
  EXPECT_EQ(kept({1, 9, 10, 35, 36, 37}, {.last = 1, .since_ns = 36, .every_ns = 10}), "-KK-KK");
}

/// A chain of @count images whose ids and names begin at @first.
std::vector<ImageFile> chain_of(std::uint64_t first, std::uint64_t count) {
  const auto name = [](std::uint64_t n) { return str("4321.00000", n); };
  std::vector<ImageFile> files = {full_file(name(first), first)};
  for (std::uint64_t n = first + 1; n < first + count; ++n)
    files.push_back(inc_file(name(n), n, files.back()));
  return files;
}

std::vector<ImageFile> operator+(std::vector<ImageFile> a, const std::vector<ImageFile>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// "fold 1 2, remove 1; ...": only the numbers of the names.
std::string plan(const std::vector<ImageFile>& images, const KeepRules& rules,
                 const std::vector<std::string>& bad = {}) {
  std::vector<BadFile> bad_files;
  for (const std::string& name : bad)
    bad_files.push_back({name, Error(Error::Kind::damaged, name, "no good")});
  const auto short_names = [&images](const std::vector<std::size_t>& indices) {
    std::string text;
    for (const std::size_t n : indices)
      text +=
          " " + (images[n].name.starts_with("4321.") ? images[n].name.substr(10) : images[n].name);
    return text;
  };
  const PrunePlan plan = plan_prune(images, arrange(images), bad_files, rules);
  std::string text;
  for (const PruneStep& step : plan.steps) {
    if (!text.empty()) text += "; ";
    if (!step.fold.empty()) text += "fold" + short_names(step.fold) + ", ";
    text += "remove" + short_names(step.remove);
  }
  return text + str(" | ", plan.kept, " kept, ", plan.left_alone.size(), " left alone");
}

TEST(PrunePlan, FoldsWhatIsBeforeTheFirstPointThatIsKept) {
  EXPECT_EQ(plan(chain_of(1, 5), {.last = 2}), "fold 1 2 3 4, remove 3 2 1 | 2 kept, 0 left alone");
}

// What cannot be read may build on any image of the process.
TEST(PrunePlan, TouchesNothingThatABadFileMayBelongTo) {
  const KeepRules rules{.last = 1};
  EXPECT_EQ(plan(chain_of(1, 3), rules, {"4321.000004"}), " | 0 kept, 1 left alone");
  EXPECT_EQ(plan(chain_of(1, 3), rules, {"copied"}), " | 0 kept, 1 left alone");
  EXPECT_EQ(plan(chain_of(1, 3), rules, {"99.000004"}),
            "fold 1 2 3, remove 2 1 | 1 kept, 0 left alone");
}

TEST(PrunePlan, KeepsAllWhenAllIsKept) {
  EXPECT_EQ(plan(chain_of(1, 3), {.last = 3}), " | 3 kept, 0 left alone");
}

TEST(PrunePlan, RemovesAChainWithoutAKeptPoint) {
  EXPECT_EQ(plan(chain_of(1, 3) + chain_of(4, 2), {.last = 1}),
            "remove 3 2 1; fold 4 5, remove 4 | 1 kept, 0 left alone");
}

TEST(PrunePlan, RemovesWhatIsBehindTheLastPointThatIsKept) {
  // Times are 1 to 3 s and 4 to 6 s: 1 (of 0-1 s), 3 and 5 end a period.
  EXPECT_EQ(plan(chain_of(1, 3) + chain_of(4, 3), {.every_ns = 4 * kSecond}),
            "fold 1 2 3, remove 2 1; fold 4 5 6, remove 5 4 | 2 kept, 0 left alone");
  EXPECT_EQ(plan(chain_of(1, 5) + chain_of(6, 1), {.every_ns = 4 * kSecond}),
            "fold 1 2 3, remove 5 4 2 1 | 2 kept, 0 left alone");
}

TEST(PrunePlan, LeavesWhatIsBetweenKeptPoints) {
  EXPECT_EQ(plan(chain_of(1, 7), {.last = 1, .every_ns = 4 * kSecond}),
            "fold 1 2 3, remove 2 1 | 5 kept, 0 left alone");
}

TEST(PrunePlan, KeepsTheNewestPointInAnyCase) {
  EXPECT_EQ(plan(chain_of(1, 3), {.since_ns = UINT64_MAX}),
            "fold 1 2 3, remove 2 1 | 1 kept, 0 left alone");
}

TEST(PrunePlan, KeepsTheHighestNumberThoughTheClockWasSetBack) {
  auto images = chain_of(1, 3);
  images[2].info.time_ns = 0;
  EXPECT_EQ(plan(images, {.last = 1}), "fold 1 2, remove 1 | 2 kept, 0 left alone");
}

TEST(PrunePlan, TakesEachProcessAndRangeByItself) {
  auto other = chain_of(7, 2);
  for (ImageFile& image : other) image.info.end += 0x1000;
  EXPECT_EQ(plan(chain_of(1, 2) + other, {.last = 1}),
            "fold 1 2, remove 1; fold 7 8, remove 7 | 2 kept, 0 left alone");
  for (ImageFile& image : other) image.info.start_time_ns++;
  EXPECT_EQ(plan(chain_of(1, 2) + other, {.last = 2}), " | 4 kept, 0 left alone");
}

TEST(PrunePlan, DoesNotTouchAProcessWithABrokenChain) {
  auto images = chain_of(1, 3) + chain_of(4, 3);
  images.erase(images.begin() + 4);
  EXPECT_EQ(plan(images, {.last = 1}), " | 0 kept, 3 left alone");
}

TEST(PrunePlan, DoesNotTouchForks) {
  auto images = chain_of(1, 3);
  images.push_back(inc_file("fork", 9, images[0]));
  EXPECT_EQ(plan(images, {.last = 1}), " | 0 kept, 2 left alone");
}

TEST(PrunePlan, ClearsUpWhatAnInterruptedOneLeft) {
  // The prefix has been folded into 3, and is still there.
  auto images = chain_of(1, 5);
  images[2] = merged_file(images[2].name, images[2]);
  EXPECT_EQ(plan(images, {.last = 3}), "remove 2 1 | 3 kept, 0 left alone");
}

TEST(PrunePlan, ACopyIsNoPointOfItsOwn) {
  auto images = chain_of(1, 3);
  images.push_back(merged_file("merged", images[1]));
  EXPECT_EQ(plan(images, {.last = 2}), "remove 2 1 | 2 kept, 0 left alone");
}

std::string gone(const std::vector<ImageFile>& images, const ImageFile& newest, std::size_t keep) {
  return names_text(images, expired(images, arrange(images), newest.info, keep));
}

TEST(Expired, AreTheOldestChainsTheirNewestImagesFirst) {
  const auto images = chain_of(1, 2) + chain_of(3, 2) + chain_of(5, 1);
  EXPECT_EQ(gone(images, images.back(), 2), "4321.000002 4321.000001");
  EXPECT_EQ(gone(images, images.back(), 1), "4321.000002 4321.000001 4321.000004 4321.000003");
  EXPECT_EQ(gone(images, images.back(), 3), "");
}

TEST(Expired, AreNeverTheChainInUse) {
  const auto images = chain_of(1, 2) + chain_of(3, 1);
  EXPECT_EQ(gone(images, images[1], 1), "4321.000003");
  EXPECT_EQ(gone(images, images[1], 0), "4321.000003");
}

TEST(Expired, AreNotThoseOfOthers) {
  const auto newest = chain_of(9, 1);
  auto other = chain_of(1, 1);
  other[0].info.start_time_ns++;
  EXPECT_EQ(gone(other + newest, newest[0], 1), "");
  other = chain_of(1, 1);
  other[0].info.end += 0x1000;
  EXPECT_EQ(gone(other + newest, newest[0], 1), "");
  other = chain_of(1, 1);
  other[0].name = "mine";
  EXPECT_EQ(gone(other + newest, newest[0], 1), "");
  other[0].name = "432.000001";
  EXPECT_EQ(gone(other + newest, newest[0], 1), "");
}

TEST(Expired, AreNotBrokenOrForked) {
  const auto newest = chain_of(9, 1);
  auto images = chain_of(1, 3);
  images.push_back(inc_file("4321.000005", 5, images[0]));
  EXPECT_EQ(gone(images + newest, newest[0], 1), "");
  images = chain_of(1, 3);
  images.erase(images.begin());
  EXPECT_EQ(gone(images + newest, newest[0], 1), "");
}

}  // namespace
}  // namespace checkpoint
