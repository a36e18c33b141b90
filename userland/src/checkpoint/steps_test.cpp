// SPDX-License-Identifier: GPL-2.0-or-later
// What those hear who show progress: each step with its bytes, all of them in
// the end, and in between as well.
#include "checkpoint/steps.h"

#include <gtest/gtest.h>

#include <optional>

#include "checkpoint/changes.h"
#include "checkpoint/core_file.h"
#include "checkpoint/diff.h"
#include "checkpoint/restore.h"
#include "checkpoint/same_memory.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/live_child.h"
#include "checkpoint/test_support/recorded_steps.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kStart = 0x100000;

/// A chain of the bytes that images are made of.
class Made {
 public:
  explicit Made(const std::vector<ImageBuilder>& builders) {
    std::vector<Image> images;
    bytes_.reserve(builders.size());
    for (const ImageBuilder& builder : builders) {
      bytes_.push_back(builder.build());
      images.push_back(Image::from_bytes(bytes_.back(), str("image ", bytes_.size())));
    }
    chain_.emplace(Chain::from_images(std::move(images)));
    snapshot_.emplace(*chain_);
  }

  [[nodiscard]] const Chain& chain() const { return *chain_; }
  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }

 private:
  std::vector<Bytes> bytes_;
  std::optional<Chain> chain_;
  std::optional<Snapshot> snapshot_;
};

/// 4 MiB of data, and 4 MiB of zeros behind it.
ImageBuilder full(unsigned char fill) {
  ImageBuilder image(kStart, kStart + 16 * kMiB);
  image.map(kStart, kStart + 8 * kMiB)
      .data(kStart, kStart + 4 * kMiB, fill)
      .zero(kStart + 4 * kMiB, kStart + 8 * kMiB);
  return image;
}

/// An inc on it: 2 MiB of it are other data, and 1 MiB of the zeros.
ImageBuilder inc() {
  ImageBuilder image = ImageBuilder::inc_on(full('a').info());
  image.map(kStart, kStart + 8 * kMiB)
      .data(kStart + kMiB, kStart + 3 * kMiB, 'b')
      .data(kStart + 5 * kMiB, kStart + 6 * kMiB, 'c');
  return image;
}

/// Hears of bytes: of how many, and in how many pieces.
class Heard {
 public:
  operator Advanced() {
    return [this](std::uint64_t bytes) {
      bytes_ += bytes;
      ++pieces_;
    };
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t pieces() const { return pieces_; }

 private:
  std::uint64_t bytes_ = 0;
  std::size_t pieces_ = 0;
};

TEST(Steps, OfACoreAreThePagesThatAreWritten) {
  const TempDir dir;
  write_file(dir / "file", to_text(filled(2 * kPageSize, 'f')));
  ImageBuilder image = full('a');
  image.map(file_mapping(kStart + 9 * kMiB, kStart + 9 * kMiB + 2 * kPageSize, dir / "file"))
      .file(kStart + 9 * kMiB, kStart + 9 * kMiB + 2 * kPageSize);
  const Made made({image});
  RecordedSteps steps;
  MemorySink sink;
  write_core(made.snapshot(), MissingFiles::refuse, sink, steps);
  EXPECT_EQ(steps.text(),
            str("writing ", 4 * kMiB + 2 * kPageSize, " of ", 4 * kMiB + 2 * kPageSize, "; "));
}

TEST(Steps, OfADiffAreTheBytesThatMayDiffer) {
  const Made before({full('a')});
  const Made after({full('a'), inc()});
  // (of copies in memory nobody knows that they are one image)
  const AddressRange range =
      common_range(before.snapshot().chain().newest(), after.snapshot().chain().newest());
  EXPECT_EQ(bytes_to_compare(before.snapshot(), after.snapshot(), range), 5 * kMiB);
  Heard heard;
  diff(
      before.snapshot(), after.snapshot(), range, [](const DiffRun&) {}, heard);
  EXPECT_EQ(heard.bytes(), 5 * kMiB);
  EXPECT_GT(heard.pieces(), 5U);
  EXPECT_EQ(bytes_to_compare(before.snapshot(), before.snapshot(), range), 0U);
}

TEST(Steps, OfChangesAreTheDataOfTheIncs) {
  const Made made({full('a'), inc()});
  for (const Compare compare : {Compare::where_needed, Compare::all}) {
    Heard heard;
    find_changes(made.chain(), compare, heard);
    EXPECT_EQ(heard.bytes(), 3 * kMiB);
    EXPECT_GE(heard.pieces(), 3U);
  }
}

TEST(Steps, OfTheSameMemoryAreItsData) {
  const Made one({full('a')});
  const Made other({full('a')});
  Heard heard;
  EXPECT_TRUE(same_memory(one.snapshot(), other.snapshot(), heard));
  EXPECT_EQ(heard.bytes(), one.snapshot().data_bytes());
  EXPECT_GE(heard.pieces(), 4U);
}

TEST(Steps, OfARestoreAreTwo) {
  const Area area(1024);  // 4 MiB, a quarter of which stays zeros
  std::fill(area.bytes().begin(), area.bytes().begin() + 3 * kMiB, std::byte{'a'});
  const LiveChild child;
  const Bytes bytes = image_of(child.process(), area.range());
  std::vector<Image> images;
  images.push_back(Image::from_bytes(bytes, "image"));
  const Chain chain = Chain::from_images(std::move(images));
  const Snapshot snapshot(chain);
  child.write(area.page(10), filled(300 * kPageSize, 'b'));

  RecordedSteps dry;
  restore(child.process(), snapshot, {.dry_run = true}, dry);
  EXPECT_EQ(dry.text(), str("comparing ", 3 * kMiB, " of ", 3 * kMiB, "; "));
  RecordedSteps steps;
  restore(child.process(), snapshot, {}, steps);
  EXPECT_EQ(steps.text(), str("comparing ", 3 * kMiB, " of ", 3 * kMiB, "; writing ",
                              300 * kPageSize, " of ", 300 * kPageSize, "; "));
}

TEST(Steps, OfARestoreAreThoseOfItsRange) {
  const Area area(512);
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{'a'});
  const LiveChild child;
  const Bytes bytes = image_of(child.process(), area.range());
  std::vector<Image> images;
  images.push_back(Image::from_bytes(bytes, "image"));
  const Chain chain = Chain::from_images(std::move(images));
  RecordedSteps steps;
  restore(child.process(), Snapshot(chain),
          {.range = AddressRange{area.page(100), area.page(400)}, .dry_run = true}, steps);
  EXPECT_EQ(steps.text(), str("comparing ", 300 * kPageSize, " of ", 300 * kPageSize, "; "));
}

}  // namespace
}  // namespace checkpoint
