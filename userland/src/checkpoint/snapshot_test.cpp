// SPDX-License-Identifier: GPL-2.0-or-later
// Random chains against a model that keeps every page by itself; merged, they
// say the same.
#include "checkpoint/snapshot.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "checkpoint/merge.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/image_builder.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kStart = 0x100000;
constexpr std::uint64_t kPages = 24;

struct ModelPage {
  PageState state;
  SkipReason reason;
  unsigned char fill;
};
using Model = std::map<std::uint64_t, ModelPage>;

/// A process that maps, unmaps and writes at random, and its images.
class RandomProcess {
 public:
  explicit RandomProcess(unsigned seed) : random_(seed), builder_(kStart, end()) {}

  /// The next image; the model is then what the memory is.
  Bytes next(bool full) {
    builder_ = full ? ImageBuilder(kStart, end()) : ImageBuilder::inc_on(builder_.info());
    for (std::uint64_t at = kStart; at < end();) {
      const std::uint64_t size = (1 + pick(6)) * kPageSize;
      const std::uint64_t stop = std::min(at + size, end());
      if (pick(4) != 0)
        map(at, stop, full);
      else
        unmap(at, stop);
      at = stop;
    }
    return builder_.build();
  }

  [[nodiscard]] const Model& model() const { return model_; }

 private:
  static std::uint64_t end() { return kStart + kPages * kPageSize; }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  void unmap(std::uint64_t start, std::uint64_t stop) {
    model_.erase(model_.lower_bound(start), model_.lower_bound(stop));
  }

  void map(std::uint64_t start, std::uint64_t stop, bool full) {
    builder_.map({.start = start,
                  .end = stop,
                  .offset = start,  // the same file everywhere
                  .prot = PROC_CHECKPOINT_PROT_READ,
                  .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF,
                  .name = "/file"});
    for (std::uint64_t at = start; at < stop; at += kPageSize)
      if (full || !model_.contains(at) || pick(3) == 0) change(at);
  }

  void change(std::uint64_t at) {
    const auto fill = static_cast<unsigned char>(1 + pick(250));
    switch (pick(4)) {
      case 0:
        builder_.data(at, at + kPageSize, fill);
        model_[at] = {PageState::data, 0, fill};
        break;
      case 1:
        builder_.zero(at, at + kPageSize);
        model_[at] = {PageState::zero, 0, 0};
        break;
      case 2:
        builder_.file(at, at + kPageSize);
        model_[at] = {PageState::file, 0, 0};
        break;
      default:
        builder_.skipped(at, at + kPageSize, 1 + fill % 6);
        model_[at] = {PageState::skipped, 1U + fill % 6, 0};
    }
  }

  std::mt19937 random_;
  ImageBuilder builder_;
  Model model_;
};

void expect_equal(const Snapshot& snapshot, const Model& model) {
  Bytes page(kPageSize);
  for (std::uint64_t at = kStart; at < kStart + kPages * kPageSize; at += kPageSize) {
    const auto found = model.find(at);
    const PageState expected = found == model.end() ? PageState::unmapped : found->second.state;
    ASSERT_EQ(snapshot.read_page(at, page), expected) << hex(at);
    if (expected == PageState::data) {
      ASSERT_EQ(page, filled(kPageSize, found->second.fill));
    }
    if (expected == PageState::zero) {
      ASSERT_EQ(page, filled(kPageSize, 0));
    }
    if (expected == PageState::file) {
      const ResolvedRun& run = *snapshot.run_at(at);
      ASSERT_EQ(run.offset + (at - run.start), at);
    }
    if (expected == PageState::skipped) {
      ASSERT_EQ(snapshot.run_at(at)->reason, found->second.reason);
    }
  }
}

TEST(Snapshot, OfRandomChainsIsTheMemory) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(str("seed ", seed));
    RandomProcess process(seed);
    std::vector<Bytes> files;
    for (unsigned n = 0; n < 1 + seed % 7; ++n) files.push_back(process.next(n == 0));
    std::vector<Image> images;
    for (const Bytes& file : files) images.push_back(Image::from_bytes(file, "image"));
    const Chain chain = Chain::from_images(std::move(images));
    expect_equal(Snapshot(chain), process.model());

    MemorySink sink;
    merge(chain, sink);
    std::vector<Image> merged;
    merged.push_back(Image::from_bytes(sink.bytes(), "merged"));
    const Chain one = Chain::from_images(std::move(merged));
    one.verify();
    expect_equal(Snapshot(one), process.model());
  }
}

}  // namespace
}  // namespace checkpoint
