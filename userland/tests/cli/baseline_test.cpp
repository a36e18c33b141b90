// SPDX-License-Identifier: GPL-2.0-or-later
// What full and inc say about the baselines of other ranges.
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::ImageBuilder;
using checkpoint::str;

/// A process whose baselines are known.  No kernel makes the images: they are
/// there before.
class Baseline : public Cli {
 protected:
  static constexpr std::uint64_t kAll = 0x80000;

  void set_baselines(const std::string& ranges) {
    proc_.set_status("version: 1\nstate: idle\n" + ranges);
  }

  /// An image of [0, kAll).
  void make_image(bool asked_inc) const {
    ImageBuilder image(0, kAll);
    if (asked_inc) image.info().flags = PROC_CHECKPOINT_INFO_ASKED_INC;
    image.write_to(path("image"));
  }

  [[nodiscard]] Outcome save(const std::string& kind, std::vector<std::string> options = {}) const {
    std::vector<std::string> words = {kind, "--range", str("0-", checkpoint::hex(kAll)),
                                      path("image")};
    words.insert(words.end(), options.begin(), options.end());
    return run(live(proc_, words));
  }

  static std::string range(const std::string& range, int seq) {
    return str("range: ", range, ' ', std::string(32, 'a'), ' ', seq, '\n');
  }

  checkpoint::FakeProc proc_;
};

const std::string kBecameFull =
    ": there was no valid baseline for this range: the image is a full one";

TEST_F(Baseline, OfAPartIsWhyAnIncOfAllIsAFullImage) {
  set_baselines(range("0x5000 0x8fff", 2) + range("0x90000 0x90fff", 7));
  make_image(true);
  const Outcome outcome = save("inc");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err,
            "cpctl: " + path("image") + kBecameFull +
                " (found one of 0x5000-0x9000 (seq 2), expected one of 0x0-0x80000)\n"
                "hint: it begins a new chain: a checkpoint ends the baselines of other ranges that "
                "overlap its own; save one range each time, and take parts of it out of the images "
                "by --map or --range of 'cpctl extract' and 'cpctl restore'\n");
}

TEST_F(Baseline, ThatIsNotThereIsToldWithoutAReasonThatIsNone) {
  const std::string expected =
      "cpctl: " + path("image") + kBecameFull +
      "\nhint: it begins a new chain, as does the first checkpoint of exactly this range, and the "
      "first one after an exec or a forget\n";
  make_image(true);
  for (const std::string& ranges :
       {std::string(), range("0x90000 0x90fff", 7), range("0x0 0x7ffff", 3)}) {
    set_baselines(ranges);
    EXPECT_EQ(save("inc").err, expected) << ranges;
  }
}

TEST_F(Baseline, OfAnotherRangeThatEndsIsTold) {
  set_baselines(range("0x0 0xfffff", 4) + range("0x5000 0x8fff", 2) + range("0x90000 0x90fff", 7));
  make_image(false);
  const Outcome outcome = save("full");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err,
            "cpctl: " + path("image") +
                ": this checkpoint has ended the baselines of ranges that overlap its own (found "
                "0x0-0x100000 (seq 4), 0x5000-0x9000 (seq 2))\n"
                "hint: the next inc of such a range is a full image\n");
}

TEST_F(Baseline, OfItsOwnRangeIsNoNews) {
  set_baselines(range("0x0 0x7ffff", 3) + range("0x90000 0x90fff", 7));
  make_image(false);
  EXPECT_EQ(save("full").err, "");
}

TEST_F(Baseline, IsNoNewsWhereNothingIsToBeSaid) {
  set_baselines(range("0x5000 0x8fff", 2));
  make_image(true);
  EXPECT_EQ(save("inc", {"--quiet"}).err, "");
  set_baselines(range("0x5000 0x8fff", 2));
  EXPECT_EQ(save("inc", {"--json"}).err, "");
}

TEST_F(Baseline, ThatWasMissingIsToldByWhoReadsTheChain) {
  make_image(true);
  checkpoint::sample_full().write_to(path("full"));
  const Outcome outcome = run({"merge", "-o", path("out"), path("full"), path("image")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.err,
            "cpctl: " + path("image") +
                ": the chain is broken: a full image behind another image (found a full image: "
                "asked for as an inc, when its range had no baseline, expected inc)\n"
                "hint: begin with this image: it holds everything\n");
}

}  // namespace
}  // namespace cpctl
