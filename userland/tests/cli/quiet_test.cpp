// SPDX-License-Identifier: GPL-2.0-or-later
// --quiet: errors, and what is asked for, and nothing else.
#include "checkpoint/test_support/fake_kernel.h"
#include "checkpoint/test_support/live_child.h"
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::str;

class Quiet : public Cli {
 protected:
  /// Succeeds, and prints nothing.
  void expect_silence(const std::vector<std::string>& words) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "");
  }

  /// Prints the same with -q as without it.
  void expect_the_same(std::vector<std::string> words) const {
    const Outcome loud = run(words);
    words.emplace_back("-q");
    const Outcome quiet = run(words);
    EXPECT_EQ(quiet.status, 0) << words.front();
    EXPECT_NE(quiet.out, "") << words.front();
    EXPECT_EQ(quiet.out, loud.out) << words.front();
  }
};

TEST_F(Quiet, CoreHasNoReport) {
  checkpoint::ImageBuilder(0x10000, 0x20000)
      .map(0x10000, 0x11000)
      .data(0x10000, 0x11000, 'd')
      .write_to(path("full"));
  expect_silence({"core", "-q", "-o", path("core"), path("full")});
  EXPECT_EQ(list(), "core full");
}

TEST_F(Quiet, CoreTellsWhatIsMissing) {
  make_samples();
  const Outcome outcome =
      run({"core", "-q", "--missing-files", "zero", "-o", path("core"), path("full")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("/usr/lib/libsample.so: "));
}

TEST_F(Quiet, PruneHasNoReport) {
  checkpoint::make_directories(path("dir"));
  checkpoint::FakeKernel kernel;
  kernel("full 0 0 " + path("dir/1"));
  kernel("inc 0 0 " + path("dir/2"));
  expect_silence({"prune", "--quiet", "--dry-run", "--keep-last", "1", path("dir")});
  expect_silence({"prune", "-q", "--keep-last", "1", path("dir")});
  EXPECT_EQ(shell("ls dir").out, "2\n");
}

TEST_F(Quiet, RestoreHasNoReport) {
  const checkpoint::Area area(2);
  area.bytes()[0] = std::byte{'a'};
  const checkpoint::LiveChild child;
  checkpoint::write_file(path("image"), image_of(child.process(), area.range()));
  child.write(area.page(0), checkpoint::filled(10, 'b'));
  expect_silence({"--pid", str(child.pid()), "restore", "-q", path("image")});
  EXPECT_EQ(checkpoint::to_text(child.read(area.range()))[0], 'a');
}

TEST_F(Quiet, WatchHasNoReport) {
  checkpoint::make_directories(path("dir"));
  checkpoint::FakeProc proc;
  proc.serve_all(checkpoint::FakeKernel());
  expect_silence(live(proc, {"watch", "-q", "--every", "10ms", "--count", "2", path("dir")}));
  EXPECT_EQ(shell("ls dir").out, "4321.000001\n4321.000002\n");
}

TEST_F(Quiet, JsonIsAskedFor) {
  make_samples();
  checkpoint::make_directories(path("dir"));
  checkpoint::sample_full().write_to(path("dir/full"));
  expect_the_same({"prune", "--json", "--keep-last", "1", path("dir")});
  expect_the_same({"diff", "--json", path("full"), path("inc")});
  expect_the_same(
      {"core", "--json", "-f", "--missing-files", "zero", "-o", path("core"), path("full")});
}

TEST_F(Quiet, WhatIsPrintedOtherwiseIsAskedFor) {
  make_samples();
  expect_the_same({"info", path("full")});
  expect_the_same({"cat", "--range", "10000-10010", path("full")});
  expect_the_same({"heatmap", path("full"), path("inc")});
  expect_the_same({"diff", path("full"), path("inc")});
}

}  // namespace
}  // namespace cpctl
