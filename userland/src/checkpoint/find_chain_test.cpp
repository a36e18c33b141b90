// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/find_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "checkpoint/chain.h"
#include "checkpoint/merge.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FindChain : public ::testing::Test {
 protected:
  FindChain() {
    full_.map(0x10000, 0x13000).data(0x10000, 0x13000, 'a');
    full_.write_to(dir_ / "z-full");
    first_ = inc_on(full_, "m-first");
    second_ = inc_on(first_, "a-second");
  }

  ImageBuilder inc_on(ImageBuilder& parent, const std::string& name) {
    ImageBuilder inc = ImageBuilder::inc_on(parent.info());
    inc.map(0x10000, 0x13000).data(0x10000, 0x11000, 'b');
    inc.write_to(dir_ / name);
    return inc;
  }

  std::vector<std::string> found(const std::string& name) {
    return find_chain(dir_ / name, files_beside(dir_ / name));
  }

  std::string fault(const std::string& name) {
    try {
      found(name);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::damaged);
      return error.what();
    }
  }

  TempDir dir_;
  ImageBuilder full_{0x10000, 0x20000}, first_ = full_, second_ = full_;
};

TEST_F(FindChain, GoesByIdsNotByNames) {
  EXPECT_THAT(found("a-second"), ElementsAre(dir_ / "z-full", dir_ / "m-first", dir_ / "a-second"));
  EXPECT_THAT(found("m-first"), ElementsAre(dir_ / "z-full", dir_ / "m-first"));
}

TEST_F(FindChain, OfAFullImageIsThatImageAlone) {
  EXPECT_THAT(find_chain(dir_ / "z-full", {}), ElementsAre(dir_ / "z-full"));
}

TEST_F(FindChain, PassesOverWhatIsNoImage) {
  write_file(dir_ / "notes", "some text that is no image, longer than the header of an ELF file");
  write_file(dir_ / "empty", "");
  write_file(dir_ / "program", read_file("/proc/self/exe").substr(0, 100'000));
  make_directories(dir_ / "directory");
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  std::string image = read_file(dir_ / "z-full");
  image[0] = 'x';
  write_file(dir_ / "f-all-but-the-magic-number", image);
  EXPECT_THAT(found("a-second"), ElementsAre(dir_ / "z-full", dir_ / "m-first", dir_ / "a-second"));
}

TEST_F(FindChain, TakesAMergedImageInThePlaceOfAllItHolds) {
  MemorySink sink;
  merge(Chain::open({dir_ / "z-full", dir_ / "m-first"}), sink);
  write_file(dir_ / "merged", sink.bytes());
  EXPECT_THAT(found("a-second"), ElementsAre(dir_ / "merged", dir_ / "a-second"));
  EXPECT_THAT(found("m-first"), ElementsAre(dir_ / "z-full", dir_ / "m-first"));
}

TEST_F(FindChain, SaysWhichParentIsMissing) {
  ASSERT_EQ(::unlink((dir_ / "m-first").c_str()), 0);
  EXPECT_THAT(fault("a-second"), HasSubstr(dir_ / "a-second" + ": the chain is broken"));
  EXPECT_THAT(fault("a-second"),
              HasSubstr("expected an image with id " + id_text(first_.info().id) + " and seq 1"));
}

TEST_F(FindChain, LooksOnlyWhereItIsTold) {
  EXPECT_EQ(find_chain(dir_ / "m-first", {dir_ / "z-full"}).size(), 2U);
  EXPECT_THROW(find_chain(dir_ / "m-first", {dir_ / "a-second"}), Error);
}

TEST_F(FindChain, EndsWhereImagesAreEachOthersParents) {
  ImageBuilder one = ImageBuilder::inc_on(full_.info()), two = ImageBuilder::inc_on(full_.info());
  one.info().id = Id{1};
  one.info().parent = Id{2};
  two.info().id = Id{2};
  two.info().parent = Id{1};
  one.map(0x10000, 0x11000).write_to(dir_ / "one");
  two.map(0x10000, 0x11000);
  for (const std::uint64_t seq : {1, 2}) {
    two.info().seq = seq;
    two.write_to(dir_ / "two");
    EXPECT_THAT(fault("one"), HasSubstr("its parent is not among the images here"));
    EXPECT_THAT(fault("two"), HasSubstr("its parent is not among the images here"));
  }
}

TEST_F(FindChain, NamesAnImageThatIsNone) {
  write_file(dir_ / "text", "some text that is no image, longer than the header of an ELF file");
  EXPECT_THAT(fault("text"), HasSubstr(dir_ / "text" + ": is no ELF file, so no checkpoint image"));
}

TEST_F(FindChain, FilesBesideAreSortedAndRegular) {
  make_directories(dir_ / "directory");
  EXPECT_THAT(files_beside(dir_ / "none"),
              ElementsAre(dir_ / "a-second", dir_ / "m-first", dir_ / "z-full"));
  EXPECT_THROW(files_beside("/nowhere/at/all"), Error);
}

}  // namespace
}  // namespace checkpoint
