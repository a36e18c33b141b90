// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

class Diff : public ::testing::Test {
 protected:
  Diff() { write_file(path_, to_text(filled(kPageSize, 'a'))); }

  /// A point of these images.
  Snapshot point(const std::vector<const ImageBuilder*>& builders) {
    std::vector<Image> images;
    for (const ImageBuilder* builder : builders) {
      bytes_.push_back(builder->build());
      images.push_back(Image::from_bytes(bytes_.back(), str("image ", bytes_.size())));
    }
    chains_.push_back(Chain::from_images(std::move(images)));
    return Snapshot(chains_.back());
  }

  static AddressRange range_of(const Snapshot& before, const Snapshot& after) {
    return common_range(before.chain().newest(), after.chain().newest());
  }

  /// A line for each difference.
  static std::string diff_of(const Snapshot& before, const Snapshot& after) {
    return diff_of(before, after, range_of(before, after));
  }
  static std::string diff_of(const Snapshot& before, const Snapshot& after,
                             const AddressRange& range) {
    std::string text;
    diff(before, after, range, [&text](const DiffRun& run) {
      text += str(hex(run.start), '-', hex(run.end), ' ', difference_text(run.what));
      if (run.what == Difference::changed) text += str(' ', run.bytes);
      text += '\n';
    });
    return text;
  }
  std::string diff_of(const ImageBuilder& before, const ImageBuilder& after) {
    const Snapshot first = point({&before});  // the names go with the order
    return diff_of(first, point({&after}));
  }

  /// An image whose page at 0x10000 is in one of the states of the table.
  ImageBuilder page(char state) {
    ImageBuilder image(0x10000, 0x20000);
    if (state == 'U') return image;
    Mapping mapping = file_mapping(0x10000, 0x11000, path_);
    if (state == 'G') mapping.name = "/gone";
    if (state == 'G') mapping.inode += 1;
    image.map(mapping);
    const std::uint64_t start = 0x10000, end = 0x11000;
    if (state == 'F' || state == 'G') return image.file(start, end);
    if (state == 'S') return image.skipped(start, end, PROC_CHECKPOINT_SKIP_GUARD);
    if (state == 'Z') return image.zero(start, end);
    return image.data(start, end, state == '0' ? 0 : static_cast<unsigned char>(state));
  }

  TempDir dir_;
  std::string path_ = dir_ / "file";
  std::deque<Bytes> bytes_;
  std::deque<Chain> chains_;
};

// U not mapped, a b 0 data of that byte, Z zeros, F of a file of 'a's, G of a
// file that is gone, S skipped.
TEST_F(Diff, OfEveryPairOfStates) {
  const std::string states = "Uab0ZFGS";
  const std::string table[] = {
      // Uab0ZFGS
      "=+++++++",  // U
      "-=ccc=xs",  // a
      "-c=cccxs",  // b
      "-cc==cxs",  // 0
      "-cc==cxs",  // Z
      "-=ccc=xs",  // F
      "-xxxxx=s",  // G
      "-sssssss",  // S
  };
  const std::map<char, std::string> text = {
      {'=', ""},
      {'+', "0x10000-0x11000 appeared\n"},
      {'-', "0x10000-0x11000 unmapped\n"},
      {'c', "0x10000-0x11000 changed 4096\n"},
      {'x', "0x10000-0x11000 unknown\n"},
      {'s', "0x10000-0x11000 skipped\n"},
  };
  for (std::size_t a = 0; a < states.size(); ++a)
    for (std::size_t b = 0; b < states.size(); ++b)
      EXPECT_EQ(diff_of(page(states[a]), page(states[b])), text.at(table[a][b]))
          << states[a] << states[b];
}

TEST_F(Diff, SaysWhyAPageIsUnknown) {
  const ImageBuilder data = page('a'), gone = page('G');
  std::string why;
  const Snapshot before = point({&data}), after = point({&gone});
  diff(before, after, range_of(before, after), [&why](const DiffRun& run) { why += run.why; });
  EXPECT_THAT(why, HasSubstr("/gone: cannot open"));
}

TEST_F(Diff, AFileThatChangedIsUnknownNotEqual) {
  const ImageBuilder file = page('F'), data = page('a');
  const Snapshot before = point({&file}), after = point({&data});
  EXPECT_EQ(diff_of(before, after), "");
  write_file(path_, "shorter");
  EXPECT_EQ(diff_of(before, after), "0x10000-0x11000 unknown\n");
  EXPECT_EQ(diff_of(before, before), "");
}

TEST_F(Diff, AnotherPlaceOfTheFileIsRead) {
  write_file(path_, to_text(filled(kPageSize, 'a')) + to_text(filled(kPageSize, 'b')));
  ImageBuilder first(0x10000, 0x20000), second(0x10000, 0x20000);
  Mapping mapping = file_mapping(0x10000, 0x11000, path_);
  first.map(mapping).file(0x10000, 0x11000);
  mapping.offset = kPageSize;
  second.map(mapping).file(0x10000, 0x11000);
  EXPECT_EQ(diff_of(first, second), "0x10000-0x11000 changed 4096\n");
}

TEST_F(Diff, OfTwoPointsOfAChain) {
  const ImageBuilder full = sample_full(), inc = sample_inc();
  const Snapshot before = point({&full}), after = point({&full, &inc});
  EXPECT_EQ(diff_of(before, after),
            "0x10000-0x12000 changed 8192\n"
            "0x30000-0x32000 unmapped\n");
  EXPECT_EQ(diff_of(after, before),
            "0x10000-0x12000 changed 8192\n"
            "0x30000-0x32000 appeared\n");
  EXPECT_EQ(diff_of(after, after), "");
}

// What both have from one place of one image is not read: here it would raise SIGBUS.
TEST_F(Diff, DoesNotReadWhatBothHaveFromOneImage) {
  ImageBuilder full(0x10000, 0x30000);
  full.map(0x10000, 0x20000).data(0x10000, 0x20000, 'a');
  ImageBuilder inc = ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x20000).data(0x18000, 0x19000, 'b');
  full.write_to(dir_ / "full");
  inc.write_to(dir_ / "inc");
  const Chain one = Chain::open({dir_ / "full"}), two = Chain::open({dir_ / "full", dir_ / "inc"});
  const Snapshot before(one), after(two);
  EXPECT_EQ(diff_of(before, after), "0x18000-0x19000 changed 4096\n");
  // The page that changed is page 8 of the data, which begins at page 1.
  ASSERT_EQ(::truncate((dir_ / "full").c_str(), 10 * kPageSize), 0);
  EXPECT_EQ(diff_of(before, after), "0x18000-0x19000 changed 4096\n");
}

TEST_F(Diff, CountsTheBytesThatDiffer) {
  write_file(path_, "ab\nd" + std::string(kPageSize - 4, 'a') + std::string(3, 'x'));
  ImageBuilder file(0x10000, 0x20000), data(0x10000, 0x20000);
  const Mapping mapping = file_mapping(0x10000, 0x12000, path_);
  file.map(mapping).file(0x10000, 0x12000);
  data.map(mapping).data(0x10000, 0x11000, 'a').zero(0x11000, 0x12000);
  EXPECT_EQ(diff_of(file, data), "0x10000-0x12000 changed 6\n");
}

TEST_F(Diff, JoinsAcrossWindowsButNotAcrossMappings) {
  ImageBuilder first(0x10000, 0x80000), second(0x10000, 0x80000);
  first.map(0x10000, 0x50000).data(0x10000, 0x50000, 'a');
  second.map(0x10000, 0x30000)
      .map(0x30000, 0x50000, "other")
      .data(0x10000, 0x50000, 'b')
      .data(0x40000, 0x41000, 'a');
  EXPECT_EQ(diff_of(first, second),
            "0x10000-0x30000 changed 131072\n"
            "0x30000-0x40000 changed 65536\n"
            "0x41000-0x50000 changed 61440\n");
}

TEST_F(Diff, SaysWhereTheProtectionChangedOnceForEachMapping) {
  ImageBuilder first(0x10000, 0x20000), second(0x10000, 0x20000);
  first.map(0x10000, 0x14000).data(0x10000, 0x14000, 'a').zero(0x12000, 0x13000);
  second.map(0x11000, 0x13000, "", PROC_CHECKPOINT_PROT_READ)
      .map(0x13000, 0x14000)
      .data(0x11000, 0x14000, 'a');
  EXPECT_EQ(diff_of(first, second),
            "0x10000-0x11000 unmapped\n"
            "0x11000-0x13000 protection\n"
            "0x12000-0x13000 changed 4096\n");
}

TEST_F(Diff, IsAboutTheAddressesThatBothAreAbout) {
  ImageBuilder whole(0x10000, 0x20000), part(0x12000, 0x14000), other(0x20000, 0x30000);
  whole.map(0x10000, 0x20000).data(0x10000, 0x20000, 'a');
  part.map(0x12000, 0x14000).data(0x12000, 0x14000, 'b');
  EXPECT_EQ(diff_of(whole, part), "0x12000-0x14000 changed 8192\n");
  EXPECT_EQ(diff_of(part, whole), "0x12000-0x14000 changed 8192\n");
  try {
    diff_of(whole, other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "image 6: has no address in common with image 5 (found 0x20000-0x30000, "
                 "expected some of 0x10000-0x20000)");
  }
}

TEST_F(Diff, IsAboutARangeOfThem) {
  ImageBuilder first(0x10000, 0x20000), second(0x10000, 0x20000);
  first.map(0x10000, 0x20000).data(0x10000, 0x20000, 'a');
  second.map(0x10000, 0x20000, "", PROC_CHECKPOINT_PROT_READ).data(0x10000, 0x20000, 'b');
  const Snapshot before = point({&first}), after = point({&second});
  const AddressRange range{.start = 0x12000, .end = 0x14000};
  EXPECT_EQ(diff_of(before, after, range),
            "0x12000-0x14000 protection\n"
            "0x12000-0x14000 changed 8192\n");
  EXPECT_EQ(bytes_to_compare(before, after, range), 0x2000U);
}

TEST_F(Diff, TotalsAddUpEachKind) {
  DiffTotals totals;
  const auto run = [](Difference what, std::uint64_t pages) {
    return DiffRun{.start = 0, .end = pages * kPageSize, .what = what, .bytes = pages + 100};
  };
  totals.add(run(Difference::changed, 1));
  totals.add(run(Difference::changed, 2));
  totals.add(run(Difference::appeared, 4));
  totals.add(run(Difference::unmapped, 5));
  totals.add(run(Difference::protection, 6));
  totals.add(run(Difference::unknown, 7));
  totals.add(run(Difference::skipped, 8));
  EXPECT_EQ(totals.changed, 3U);
  EXPECT_EQ(totals.bytes_changed, 203U);
  EXPECT_EQ(totals.appeared, 4U);
  EXPECT_EQ(totals.unmapped, 5U);
  EXPECT_EQ(totals.protection, 6U);
  EXPECT_EQ(totals.unknown, 7U);
  EXPECT_EQ(totals.skipped, 8U);
}

}  // namespace
}  // namespace checkpoint
