// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl list
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

namespace cpctl {
namespace {

class List : public Cli {
 protected:
  List() { checkpoint::make_directories(path("dir")); }

  void make_chain() const {
    checkpoint::sample_full().write_to(path("dir/first"));
    checkpoint::sample_inc().write_to(path("dir/second"));
  }
};

TEST_F(List, PrintsATableForEachChain) {
  make_chain();
  checkpoint::ImageBuilder other = checkpoint::sample_full();
  other.info().pid = 7;
  other.info().id[0] = 1;
  other.write_to(path("dir/a"));
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "process 7, range 0x10000-0x40000: 1 image, 16.0 KiB\n"
      "  NAME    SEQ  KIND   TIME                                PAGES        SIZE       STALL\n"
      "  a         0  full   2023-11-14T22:13:20.000000000Z          3    16.0 KiB     1.23 ms\n"
      "\n"
      "process 4321, range 0x10000-0x40000: 2 images, 24.1 KiB\n"
      "  NAME      SEQ  KIND   TIME                                PAGES        SIZE       STALL\n"
      "  first       0  full   2023-11-14T22:13:20.000000000Z          3    16.0 KiB     1.23 ms\n"
      "  second      1  inc    2023-11-14T22:13:21.000000000Z          1     8.0 KiB     1.23 ms\n"
      "\n");
}

TEST_F(List, MarksABrokenChain) {
  checkpoint::sample_inc().write_to(path("dir/second"));
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("1 image, 8.0 KiB, BROKEN\n"));
  EXPECT_EQ(outcome.err, "cpctl: " + path("dir/second") +
                             ": its parent is missing (found parent "
                             "abcd0000000000000000000000000001)\n"
                             "hint: put the image with that id there as well; without it nothing "
                             "that builds on it can be read\n");
}

TEST_F(List, TellsOfAFaultOnceAndOfTheImageWhoseItIs) {
  const checkpoint::Info second = checkpoint::sample_inc().info();
  checkpoint::sample_inc().write_to(path("dir/second"));
  for (const char name : {'a', 'b'}) {
    checkpoint::ImageBuilder inc = checkpoint::ImageBuilder::inc_on(second);
    inc.info().id[0] = static_cast<unsigned char>(name);
    inc.map(0x10000, 0x13000, "[heap]").write_to(path("dir/") + name);
  }
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr(": 2 images, "));
  EXPECT_THAT(outcome.out, HasSubstr(", builds on second, BROKEN\n"));
  EXPECT_THAT(outcome.err, StartsWith("cpctl: " + path("dir/second") + ": its parent is missing "));
  EXPECT_EQ(outcome.err.find("cpctl: ", 1), std::string::npos) << outcome.err;
}

TEST_F(List, SaysWhatMayBeWrongWithADamagedImage) {
  make_chain();
  ASSERT_EQ(::truncate(path("dir/second").c_str(), 6000), 0);
  EXPECT_THAT(run({"list", path("dir")}).err,
              HasSubstr("\nhint: it does not end as an image does: was it copied whole"));
}

TEST_F(List, ReportsDamagedImagesAndGoesOn) {
  make_chain();
  checkpoint::write_file(path("dir/4321.000009"), "half");
  checkpoint::write_file(path("dir/notes"), "text");
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("\nbad: 4321.000009\nother files: 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("second"));
  EXPECT_THAT(outcome.err, StartsWith("cpctl: " + path("dir/4321.000009") + ": "));
}

TEST_F(List, DoesNotHangAtAFifo) {
  make_chain();
  ASSERT_EQ(::mkfifo(path("dir/4321.000001").c_str(), 0600), 0);
  EXPECT_EQ(run({"list", path("dir")}).status, 0);
}

TEST_F(List, TellsAMergedImageAndWhatItReplaces) {
  make_chain();
  ASSERT_EQ(run({"merge", "-o", path("dir/merged"), path("dir/first"), path("dir/second")}).status,
            0);
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("  merged      1  merged "));
  EXPECT_THAT(outcome.out, HasSubstr("8.0 KiB     1.23 ms  the same point as merged\n"));
}

TEST_F(List, ANameCannotDriveTheTerminal) {
  checkpoint::sample_inc().write_to(path("dir/x\033[2J"));
  const Outcome outcome = run({"list", path("dir")});
  EXPECT_THAT(outcome.out, HasSubstr("x\\033[2J"));
  EXPECT_EQ((outcome.out + outcome.err).find('\033'), std::string::npos);
}

TEST_F(List, PrintsJson) {
  make_chain();
  checkpoint::write_file(path("dir/4321.000009"), "");
  const Outcome outcome = run({"list", "--json", path("dir")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("\"start\": \"0x10000\",\n      \"end\": \"0x40000\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"fault\": null"));
  EXPECT_THAT(outcome.out, HasSubstr("\"name\": \"second\",\n          \"seq\": 1,\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\"name\": \"4321.000009\",\n      \"error\": \""));
  EXPECT_THAT(outcome.out, HasSubstr("\"others\": 0\n}\n"));
}

TEST_F(List, OfNothing) {
  EXPECT_EQ(run({"list", path("dir")}).out, "no checkpoint images\n");
  const Outcome outcome = run({"list", path("none")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "cpctl: " + path("none") + ": cannot read the directory: No such file or directory\n");
  checkpoint::write_file(path("file"), "");
  EXPECT_EQ(run({"list", path("file")}).err,
            "cpctl: " + path("file") +
                ": cannot read the directory: Not a directory\n"
                "hint: 'cpctl info' and 'cpctl verify' look into one image\n");
}

}  // namespace
}  // namespace cpctl
