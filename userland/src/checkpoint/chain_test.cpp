// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

class ChainTest : public ::testing::Test {
 protected:
  /// What is wrong with the sample chain after @change of its inc; "": nothing.
  template <typename Change>
  std::string fault(Change change) {
    ImageBuilder inc = sample_inc();
    change(inc.info());
    sample_full().write_to(dir_ / "full");
    inc.write_to(dir_ / "inc");
    return fault_of({dir_ / "full", dir_ / "inc"});
  }

  std::string fault_of(const std::vector<std::string>& paths) {
    try {
      Chain::open(paths);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::damaged);
      return error.what();
    }
  }

  TempDir dir_;
};

TEST_F(ChainTest, TakesAnIncOnItsParent) {
  EXPECT_EQ(fault([](Info&) {}), "");
}

TEST_F(ChainTest, RefusesAnotherParent) {
  EXPECT_THAT(fault([](Info& info) { info.parent[7] = 1; }), HasSubstr("its parent is not"));
}

TEST_F(ChainTest, RefusesAGapInTheSequence) {
  EXPECT_THAT(fault([](Info& info) { info.seq = 2; }),
              HasSubstr("wrong sequence number (found 2, expected 1)"));
}

TEST_F(ChainTest, TakesAnIncByAnotherProcessOfTheSameMemory) {
  EXPECT_EQ(fault([](Info& info) {
              info.pid++;
              info.start_time_ns++;
            }),
            "");
}

TEST_F(ChainTest, RefusesAnotherRange) {
  EXPECT_THAT(fault([](Info& info) { info.end += 0x1000; }),
              HasSubstr("another range than in the parent (found 0x10000-0x41000, expected "
                        "0x10000-0x40000)"));
}

TEST_F(ChainTest, RefusesAWrongOrder) {
  sample_full().write_to(dir_ / "full");
  sample_inc().write_to(dir_ / "inc");
  EXPECT_THAT(fault_of({dir_ / "inc", dir_ / "full"}), HasSubstr("it begins with an inc"));
  EXPECT_THAT(fault_of({dir_ / "full", dir_ / "full"}),
              HasSubstr("a full image behind another image"));
}

/// What check_chain() finds in the heads of images.
std::string fault_of_heads(const std::vector<std::string>& paths) {
  std::vector<ImageHead> heads;
  for (const std::string& path : paths)
    heads.push_back(static_cast<ImageHead&&>(Image::open(path)));
  try {
    check_chain(heads);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    return error.what();
  }
}

TEST_F(ChainTest, HeadsAreEnoughToSeeWhatIsBroken) {
  sample_full().write_to(dir_ / "full");
  sample_inc().write_to(dir_ / "inc");
  EXPECT_EQ(fault_of_heads({dir_ / "full", dir_ / "inc"}), "");
  for (const std::vector<std::string>& paths : std::vector<std::vector<std::string>>{
           {dir_ / "inc"}, {dir_ / "inc", dir_ / "full"}, {dir_ / "full", dir_ / "full"}}) {
    EXPECT_NE(fault_of(paths), "");
    EXPECT_EQ(fault_of_heads(paths), fault_of(paths));
  }
  sample_inc().map(0x38000, 0x39000).write_to(dir_ / "more");
  EXPECT_EQ(fault_of_heads({dir_ / "full", dir_ / "more"}),
            str(dir_ / "more", ": the chain is broken: it leaves a page to ", dir_ / "full",
                ", where that is not mapped (found 0x38000)"));
}

TEST_F(ChainTest, VerifyComparesEveryChecksum) {
  sample_full().write_to(dir_ / "full");
  Bytes inc = sample_inc().build();
  inc[inc.size() - 100] ^= std::byte{1};
  write_file(dir_ / "inc", inc);
  const Chain chain = Chain::open({dir_ / "full", dir_ / "inc"});
  EXPECT_THROW(chain.verify(), Error);
}

TEST_F(ChainTest, OfNothingIsAWrongUse) {
  try {
    Chain::open({});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::usage);
  }
}

}  // namespace
}  // namespace checkpoint
