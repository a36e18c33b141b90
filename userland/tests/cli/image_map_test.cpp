// SPDX-License-Identifier: GPL-2.0-or-later
// --map NAME of the commands on images: as the image has the mappings.
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::ImageBuilder;

class ImageMap : public Cli {
 protected:
  ImageMap() { make_samples(); }
};

TEST_F(ImageMap, OfCatIsThatOfTheImage) {
  EXPECT_EQ(run({"cat", "--map", "heap", path("full")}).out,
            std::string(0x1000, 'a') + std::string(0x1000, 'b') + std::string(0x1000, '\0'));
  EXPECT_EQ(run({"cat", "--map=[heap]", path("full"), path("inc")}).out,
            run({"cat", "--range", "10000-13000", path("full"), path("inc")}).out);
}

TEST_F(ImageMap, OfExtractIsThatOfTheImage) {
  const Outcome outcome = run({"extract", "--map", "heap", "-o", path("raw"), path("full")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_EQ(checkpoint::read_file(path("raw")).substr(0x1000, 0x1001),
            std::string(0x1000, 'b') + '\0');
}

TEST_F(ImageMap, IsThatOfTheNewestImageOfTheChain) {
  ImageBuilder inc = ImageBuilder::inc_on(checkpoint::sample_full().info());
  inc.map(0x10000, 0x12000, "[heap]").map(0x12000, 0x13000).write_to(path("inc"));
  EXPECT_EQ(run({"cat", "--map", "heap", path("full"), path("inc")}).out,
            std::string(0x1000, 'a') + std::string(0x1000, 'b'));
}

TEST_F(ImageMap, MayBeOfAPipe) {
  EXPECT_EQ(shell("cat full | cpctl cat --map heap - inc").out,
            run({"cat", "--map", "heap", path("full"), path("inc")}).out);
  EXPECT_THAT(shell("cat full | cpctl cat --map pile -").err,
              HasSubstr("hint: 'cpctl info --mappings -' lists its mappings\n"));
}

TEST_F(ImageMap, ThatIsNotThereIsAnErrorWhereverItIsTaken) {
  const std::vector<std::string> table[] = {
      {"cat", "--map", "pile", path("full")},
      {"extract", "--map", "pile", "-o", path("raw"), path("full")},
      {"heatmap", "--map", "pile", path("full"), path("inc")},
      {"diff", "--map", "pile", path("full"), path("inc")},
  };
  for (const std::vector<std::string>& words : table) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 1) << words.front();
    EXPECT_EQ(outcome.out, "") << words.front();
    EXPECT_EQ(outcome.err, "cpctl: " + words.back() +
                               ": no mapping is called 'pile'\nhint: 'cpctl info --mappings " +
                               words.back() + "' lists its mappings\n");
  }
  EXPECT_EQ(list(), "full inc");
}

TEST_F(ImageMap, WithAHoleInItIsAnError) {
  ImageBuilder(0x10000, 0x20000)
      .map(0x10000, 0x11000, "/x")
      .map(0x12000, 0x13000, "/x")
      .zero(0x10000, 0x11000)
      .zero(0x12000, 0x13000)
      .write_to(path("holes"));
  const Outcome outcome = run({"cat", "--map", "x", path("holes")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + path("holes") +
                             ": the mappings called 'x' do not follow each other (found "
                             "0x10000-0x11000, 0x12000-0x13000)\nhint: choose one with --range\n");
}

TEST_F(ImageMap, AndARangeAreTwice) {
  const std::vector<std::string> table[] = {
      {"cat", path("full")},
      {"extract", "-o", path("raw"), path("full")},
      {"heatmap", path("full"), path("inc")},
      {"diff", path("full"), path("inc")},
  };
  for (std::vector<std::string> words : table) {
    words.insert(words.end(), {"--map", "heap", "--range", "10000-11000"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << words.front();
    EXPECT_THAT(outcome.err,
                StartsWith("cpctl: " + words.front() + ": give the range once: --range or --map"));
  }
}

TEST_F(ImageMap, OfHeatmapIsThatOfTheNewestImage) {
  const auto heatmap = [this](const std::vector<std::string>& options) {
    std::vector<std::string> words = {"heatmap", "--ascii", path("full"), path("inc")};
    words.insert(words.end(), options.begin(), options.end());
    return run(words).out;
  };
  EXPECT_THAT(heatmap({"--map", "heap"}), HasSubstr("\n|## |\n"));
  EXPECT_EQ(heatmap({"--map", "heap"}), heatmap({"--range", "10000-13000"}));
  EXPECT_EQ(heatmap({"--map", "libsample.so"}),
            "nothing changed\nnot shown: 1 that did not change\n");
}

TEST_F(ImageMap, OfDiffLimitsIt) {
  EXPECT_EQ(run({"diff", "--map", "heap", path("full"), path("inc")}).out,
            "0x10000-0x13000 rw-p [heap]: 2 of 3 pages changed (8192 bytes)\n"
            "total: 2 pages changed (8192 bytes)\n");
  EXPECT_EQ(run({"diff", "--map", "libsample.so", path("full"), path("inc")}).out,
            "no difference\n");
}

TEST_F(ImageMap, OfDiffIsThatOfBothPoints) {
  ImageBuilder(0x10000, 0x20000)
      .map(0x10000, 0x12000, "[heap]")
      .zero(0x10000, 0x12000)
      .write_to(path("a"));
  ImageBuilder(0x10000, 0x20000)
      .map(0x11000, 0x14000, "[heap]")
      .map(0x16000, 0x17000, "/new")
      .zero(0x11000, 0x14000)
      .zero(0x16000, 0x17000)
      .write_to(path("b"));
  EXPECT_THAT(run({"diff", "--map", "heap", path("a"), path("b")}).out,
              HasSubstr("\ntotal: 2 pages appeared, 1 unmapped\n"));
  EXPECT_THAT(run({"diff", "--map", "new", path("a"), path("b")}).out,
              HasSubstr("total: 1 pages appeared\n"));
  EXPECT_THAT(run({"diff", "--map", "new", path("b"), path("a")}).out,
              HasSubstr("total: 1 pages unmapped\n"));
}

}  // namespace
}  // namespace cpctl
