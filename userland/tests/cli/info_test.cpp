// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl info
#include "cli.h"

namespace cpctl {
namespace {

TEST_F(Cli, InfoPrintsTheFacts) {
  make_samples();
  const Outcome outcome = run({"info", path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("kind: inc\n"
                                      "id: abcd0000000000000000000000000002\n"
                                      "parent: abcd0000000000000000000000000001\n"
                                      "seq: 1\n"
                                      "pid: 4321\n"
                                      "range: 0x10000-0x40000\n"
                                      "process started: 123.00 s after boot\n"
                                      "captured: 2023-11-14T22:13:21.000000000Z, stall 1.23 ms\n"
                                      "mappings: 3\n"
                                      "pages with data: 1 (4.0 KiB), of these copied 0\n"
                                      "pages of zeros: 1\n"
                                      "pages of files: 0\n"
                                      "pages skipped: 0\n"));
}

TEST_F(Cli, InfoListsTheMap) {
  make_samples();
  EXPECT_THAT(run({"info", "--mappings", path("full")}).out,
              HasSubstr("map:\n"
                        "  0x10000-0x13000 rw-p offset 0x0 [heap]\n"
                        "  0x13000-0x14000 r--p offset 0x0\n"
                        "  0x20000-0x23000 r-xp offset 0x5000 device 8:1 inode 4711 "
                        "(file,by_ref) /usr/lib/libsample.so\n"
                        "  0x30000-0x32000 rw-s offset 0x0 (shared,device) /dev/sample\n"));
}

TEST_F(Cli, InfoTakesNoNameOfAMapping) {
  make_samples();
  const Outcome outcome = run({"info", "--map", "heap", path("full")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "cpctl: info: unrecognised option '--map'\n"
            "hint: 'cpctl help info' lists its options\n");
}

TEST_F(Cli, InfoListsTheRunsOfPages) {
  make_samples();
  EXPECT_THAT(run({"info", "--pages", path("full")}).out,
              HasSubstr("pages:\n"
                        "  0x10000-0x12000 2 data at 0x1000\n"
                        "  0x12000-0x13000 1 zero\n"
                        "  0x13000-0x14000 1 zero\n"
                        "  0x20000-0x21000 1 data at 0x3000\n"
                        "  0x21000-0x23000 2 file at 0x6000\n"
                        "  0x30000-0x32000 2 skipped: device\n"));
}

TEST_F(Cli, InfoPrintsJson) {
  make_samples();
  const Outcome outcome = run({"info", "--json", "--mappings", "--pages", path("full")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\"kind\": \"full\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"parent\": null"));
  EXPECT_THAT(outcome.out, HasSubstr("\"time_ns\": 1700000000000000000,\n"
                                     "  \"time\": \"2023-11-14T22:13:20.000000000Z\",\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\"name\": \"/usr/lib/libsample.so\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"reason\": \"device\""));
}

TEST_F(Cli, InfoSaysWhyAFileIsNoImage) {
  checkpoint::write_file(path("text"),
                         "some text that is longer than an ELF header, which has 64 "
                         "bytes, is no image");
  const Outcome text = run({"info", path("text")});
  EXPECT_EQ(text.status, 3);
  EXPECT_EQ(text.err, "cpctl: " + path("text") +
                          ": is no ELF file, so no checkpoint image (found 736f6d65, expected "
                          "7f454c46)\n");
  checkpoint::write_file(path("empty"), "");
  EXPECT_EQ(run({"info", path("empty")}).err, "cpctl: " + path("empty") + ": is empty\n");
  const Outcome none = run({"info", path("none")});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.err, "cpctl: " + path("none") + ": cannot open: No such file or directory\n");
}

TEST_F(Cli, ANameInAnImageCannotDriveTheTerminal) {
  checkpoint::ImageBuilder image(0x10000, 0x20000);
  image.map(0x10000, 0x11000, "/a\nb\x1b[31m").zero(0x10000, 0x11000);
  image.write_to(path("image"));
  EXPECT_THAT(run({"info", "--mappings", path("image")}).out, HasSubstr("/a\\012b\\033[31m\n"));
}

}  // namespace
}  // namespace cpctl
