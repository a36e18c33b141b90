// SPDX-License-Identifier: GPL-2.0-or-later
// --range A-B of the commands on images, above all where there is nothing.
#include "cli.h"

namespace cpctl {
namespace {

class ImageRange : public Cli {
 protected:
  ImageRange() { make_samples(); }
};

TEST_F(ImageRange, LimitsADiff) {
  const Outcome outcome =
      run({"diff", "--pages", "--range", "11000-31000", path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out,
            "0x10000-0x13000 rw-p [heap]\n"
            "  0x11000-0x12000 1 changed (4096 bytes)\n"
            "  1 of 3 pages changed (4096 bytes)\n"
            "0x30000-0x32000 rw-s /dev/sample\n"
            "  0x30000-0x31000 1 unmapped\n"
            "  1 of 2 pages unmapped\n"
            "total: 1 pages changed (4096 bytes), 1 unmapped\n");
  EXPECT_THAT(run({"diff", "--json", "--range", "11000-31000", path("full"), path("inc")}).out,
              StartsWith("{\n  \"start\": \"0x11000\",\n  \"end\": \"0x31000\",\n"));
}

TEST_F(ImageRange, OfADiffIsCutToWhatBothPointsAreAbout) {
  const std::string json =
      run({"diff", "--json", "--range", "8000-13000", path("full"), path("inc")}).out;
  EXPECT_THAT(json, StartsWith("{\n  \"start\": \"0x10000\",\n  \"end\": \"0x13000\",\n"));
  checkpoint::ImageBuilder(0x13000, 0x20000)
      .map(0x13000, 0x14000)
      .zero(0x13000, 0x14000)
      .write_to(path("other"));
  const Outcome outcome = run({"diff", "--range", "10000-13000", path("full"), path("other")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + path("other") +
                             ": this range is not one that both points are about (found "
                             "0x10000-0x13000, expected some of 0x13000-0x20000)\n");
}

TEST_F(ImageRange, IsOfWholePagesWherePagesAreCounted) {
  for (const char* command : {"heatmap", "diff"}) {
    const Outcome outcome = run({command, "--range", "10800-11000", path("full"), path("inc")});
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr(": --range is not made of whole pages (found "
                                       "0x10800-0x11000, expected multiples of 0x1000)"));
  }
}

TEST_F(ImageRange, InWhichNothingWasMappedIsAnError) {
  for (const char* command : {"heatmap", "diff"}) {
    const Outcome outcome = run({command, "--range", "15000-18000", path("full"), path("inc")});
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_EQ(outcome.err,
              "cpctl: " + path("inc") +
                  ": nothing was mapped in this range (found 0x15000-0x18000, expected some of "
                  "0x13000-0x14000 below or 0x20000-0x23000 above)\n"
                  "hint: 'cpctl info --mappings " +
                  path("inc") + "' lists its mappings\n");
  }
  // In the full image there was something.
  EXPECT_EQ(run({"diff", "--range", "30000-31000", path("full"), path("inc")}).status, 0);
  EXPECT_EQ(run({"heatmap", "--range", "30000-31000", path("full"), path("inc")}).status, 0);
}

TEST_F(ImageRange, BeyondTheImageIsAnError) {
  for (const char* command : {"heatmap", "diff"}) {
    const Outcome outcome = run({command, "--range", "80000-90000", path("full"), path("inc")});
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_THAT(outcome.err,
                StartsWith("cpctl: " + path("inc") +
                           ": the image is not about this range (found 0x80000-0x90000, expected "
                           "some of 0x10000-0x40000)\nhint: "));
  }
}

TEST_F(ImageRange, BeyondTheImageIsAHoleOfItsOwn) {
  const Outcome outcome = run({"cat", "--range", "3f000-41000", path("full")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("an address that was not mapped (found 0x3f000)"));
  EXPECT_EQ(run({"cat", "--range", "40000-41000", path("full")}).err,
            "cpctl: " + path("full") +
                ": an address outside of the image's range (found 0x40000, expected within "
                "0x10000-0x40000)\n"
                "hint: --holes zero writes zeros for what is not there\n");
}

}  // namespace
}  // namespace cpctl
