// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl prune
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>

#include "checkpoint/image_directory.h"
#include "checkpoint/test_support/failing_call.h"
#include "checkpoint/test_support/fake_kernel.h"
#include "cli.h"
#include "large_image.h"
#include "running.h"

namespace cpctl {
namespace {

using checkpoint::str;

class Prune : public Cli {
 protected:
  Prune() { checkpoint::make_directories(path("dir")); }

  [[nodiscard]] std::string image(int number) const { return path(str("dir/4321.00000", number)); }

  /// A chain of @count images, numbered on.
  void make_chain(int count) {
    for (int n = 0; n < count; ++n)
      kernel_(str(n == 0 ? "full" : "inc", " 0 0 ", image(++images_)));
  }

  /// What `cat` gives of the range that changes, at the last of @chain.
  [[nodiscard]] std::string memory(const std::vector<int>& chain) const {
    std::vector<std::string> words = {"cat", "--range", "10000-14000"};
    for (const int number : chain) words.push_back(image(number));
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  /// The numbers of the images that are there.
  [[nodiscard]] std::string left() const {
    std::string text;
    for (const auto& file : checkpoint::scan_directory(path("dir")).images)
      text += file.name.back();
    return text;
  }

  Outcome prune(std::vector<std::string> words) const {
    words.insert(words.begin(), "prune");
    words.push_back(path("dir"));
    return run(words);
  }

  /// Makes two images and folds them, which fails.  @meanwhile: once the folded image is read
  /// back.  What it has drawn.
  [[nodiscard]] std::string fold_while(const std::function<void()>& meanwhile) const {
    constexpr std::uint64_t pages = 16384;
    checkpoint::Info info =
        checkpoint::ImageBuilder(0x10000, 0x10000 + pages * checkpoint::kPageSize).info();
    write_large(image(1), info, pages);
    info = checkpoint::ImageBuilder::inc_on(info).info();
    write_large(image(2), info, 1);
    const checkpoint::Pty pty(100);
    Running prune({"prune", "--keep-last", "1", path("dir")}, pty.terminal(), pty.terminal());
    std::string drawn = prune.crawl_until(pty, "\rverifying [");
    meanwhile();
    EXPECT_EQ(WEXITSTATUS(prune.wait()), 1);
    return drawn + pty.read_rest();
  }

  checkpoint::FakeKernel kernel_;
  int images_ = 0;
};

TEST_F(Prune, ReadsWhatStandsForACopyBeforeTheCopyGoes) {
  make_chain(3);
  const std::string merged = path("dir/merged");
  ASSERT_EQ(run({"merge", "-o", merged, image(1), image(2), image(3)}).status, 0);
  kernel_(str("inc 0 0 ", image(++images_)));
  std::string bytes = checkpoint::read_file(merged);
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(merged, bytes);
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(merged + ": wrong CRC32C"));
  EXPECT_EQ(left(), "1234d");
}

TEST_F(Prune, FoldsWhatIsOlderIntoTheOldestPointThatIsKept) {
  make_chain(5);
  const std::string fourth = memory({1, 2, 3, 4});
  const std::string fifth = memory({1, 2, 3, 4, 5});
  ASSERT_NE(fourth, fifth);
  const Outcome outcome = prune({"--keep-last", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "4321.000004: folded out of 4 images\n4321.000003: removed\n4321.000002: removed\n"
            "4321.000001: removed\n2 images kept\n");
  EXPECT_EQ(left(), "45");
  EXPECT_EQ(memory({4}), fourth);
  EXPECT_EQ(memory({4, 5}), fifth);
  EXPECT_EQ(run({"list", path("dir")}).status, 0);
  EXPECT_EQ(run({"verify", image(4), image(5)}).status, 0);
}

TEST_F(Prune, TheNextIncContinuesTheChain) {
  make_chain(3);
  EXPECT_EQ(prune({"--keep-last", "1"}).status, 0);
  kernel_("inc 0 0 " + image(4));
  EXPECT_EQ(left(), "34");
  EXPECT_EQ(memory({3, 4}).size(), 0x4000U);
}

TEST_F(Prune, RemovesChainsOfWhichNothingIsKept) {
  make_chain(2);
  make_chain(1);
  EXPECT_EQ(prune({"--keep-last", "1"}).out,
            "4321.000002: removed\n4321.000001: removed\n1 image kept\n");
  EXPECT_EQ(left(), "3");
}

TEST_F(Prune, KeepsTheLastPointOfEachPeriod) {
  make_chain(3);
  make_chain(3);
  EXPECT_EQ(prune({"--keep-every", "1000d"}).status, 0);
  EXPECT_EQ(left(), "6");
  make_chain(3);
  EXPECT_EQ(prune({"--keep-since", "1970-01-01"}).out, "4 images kept\n");
  EXPECT_EQ(prune({"--keep-since", "1h"}).status, 0) << "all are from 2023";
  EXPECT_EQ(left(), "9");
}

TEST_F(Prune, DryRunDoesNothing) {
  make_chain(3);
  const Outcome outcome = prune({"--keep-last", "1", "--dry-run"});
  EXPECT_EQ(outcome.out,
            "4321.000003: would be folded out of 3 images\n4321.000002: would be removed\n"
            "4321.000001: would be removed\n1 image would be kept\n");
  EXPECT_EQ(left(), "123");
  EXPECT_EQ(memory({1, 2, 3}).size(), 0x4000U);
}

TEST_F(Prune, NeverTouchesBrokenChainsAndOtherFiles) {
  make_chain(3);
  make_chain(3);
  ::unlink(image(5).c_str());
  checkpoint::write_file(path("dir/notes"), "text");
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err,
              StartsWith("cpctl: " + image(1) +
                         ": its chain was left alone: another one of the process and range is "
                         "broken\ncpctl: "));
  EXPECT_THAT(outcome.err,
              HasSubstr("4321.000006: its chain was left alone: its parent is missing"));
  EXPECT_THAT(outcome.err, HasSubstr("\nhint: put the image with that id there as well"));
  EXPECT_EQ(left(), "12346");
  EXPECT_EQ(checkpoint::read_file(path("dir/notes")), "text");
}

TEST_F(Prune, SaysWhichImageIsToBlame) {
  make_chain(3);
  ::unlink(image(1).c_str());
  checkpoint::ImageBuilder fork =
      checkpoint::ImageBuilder::inc_on(checkpoint::Image::open(image(2)).info());
  fork.info().id[0] = 99;
  fork.map(0x10000, 0x14000).write_to(path("dir/fork"));
  EXPECT_THAT(prune({"--keep-last", "1"}).err,
              HasSubstr("fork: its chain was left alone: 4321.000002: its parent is missing "));
}

TEST_F(Prune, LeavesForksAloneAndSaysSo) {
  make_chain(3);
  checkpoint::ImageBuilder fork =
      checkpoint::ImageBuilder::inc_on(checkpoint::Image::open(image(2)).info());
  fork.info().id[0] = 99;
  fork.map(0x10000, 0x14000).write_to(path("dir/fork"));
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "cpctl: " + image(1) +
                             ": its chain was left alone: it is forked, or others build on it\n"
                             "cpctl: " +
                             path("dir/fork") +
                             ": its chain was left alone: it is forked, or others build on it\n");
  EXPECT_EQ(left(), "123k");
}

TEST_F(Prune, SaysWhatMayBeWrongWithADamagedImage) {
  make_chain(2);
  ASSERT_EQ(::truncate(image(2).c_str(), 6000), 0);
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err,
              HasSubstr("\nhint: it does not end as an image does: was it copied whole"));
}

TEST_F(Prune, ADamagedImageIsNotFolded) {
  make_chain(4);
  std::string bytes = checkpoint::read_file(image(2));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(image(2), bytes);
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(image(2) + ": wrong CRC32C"));
  EXPECT_EQ(left(), "1234");
  EXPECT_EQ(list(), "dir");
}

TEST_F(Prune, AFoldThatIsNotWhatItReplacesRemovesNothing) {
  // A page that the folded image has already.
  const std::string drawn = fold_while([this] {
    std::fstream(image(1), std::ios::in | std::ios::out).seekp(-200, std::ios::end).put(1);
  });
  EXPECT_THAT(drawn, HasSubstr("cpctl: " + image(2) +
                               ": the folded image differs from its chain\r\nhint: nothing was "
                               "removed; does 'cpctl verify' find the images good?\r\n"));
  EXPECT_EQ(left(), "12");
}

TEST_F(Prune, AnImageThatIsAnotherOneByNowIsLeft) {
  const std::string drawn = fold_while([this] {
    checkpoint::sample_full().write_to(path("new"));
    ASSERT_EQ(std::rename(path("new").c_str(), image(2).c_str()), 0);
  });
  EXPECT_THAT(drawn, HasSubstr("cpctl: " + image(2) +
                               ": is another file than when the directory was read\r\nhint: "));
  EXPECT_EQ(left(), "12");
  EXPECT_EQ(checkpoint::Image::open(image(2)).info().id, checkpoint::sample_full().info().id);
}

TEST_F(Prune, AnImageWithTheIdOfAnotherIsNotACopy) {
  make_chain(2);
  checkpoint::ImageBuilder other = checkpoint::sample_full();
  other.info() = checkpoint::Image::open(image(1)).info();
  other.data(0x10000, 0x11000, 'x').write_to(path("dir/0"));
  const Outcome outcome = prune({"--keep-last", "1"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(" and is another one\nhint: nothing was removed"));
  EXPECT_EQ(left(), "012");
}

TEST_F(Prune, AFoldThatIsNotOnDiscRemovesNothing) {
  make_chain(3);
  const std::string before = checkpoint::read_file(image(3));
  checkpoint::with_failing_call(SYS_fsync, EIO, [&] {
    const Outcome outcome = prune({"--keep-last", "1"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err, "cpctl: " + image(3) + ": cannot write: Input/output error\n");
  });
  EXPECT_EQ(left(), "123");
  EXPECT_EQ(checkpoint::read_file(image(3)), before);
}

TEST_F(Prune, WhatIsNotGoneFromTheDiscIsAnError) {
  make_chain(2);
  make_chain(1);
  checkpoint::with_failing_call(SYS_fsync, EIO, [&] {
    const Outcome outcome = prune({"--keep-last", "1"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "cpctl: " + path("dir") + ": cannot sync the directory: Input/output error\n");
  });
}

TEST_F(Prune, TwiceIsOnce) {
  make_chain(4);
  EXPECT_EQ(prune({"--keep-last", "2"}).status, 0);
  EXPECT_EQ(prune({"--keep-last", "2"}).out, "2 images kept\n");
}

TEST_F(Prune, FinishesWhatWasInterrupted) {
  make_chain(4);
  const std::string third = memory({1, 2, 3});
  // As after the fold, before anything is removed.
  ASSERT_EQ(run({"merge", "--force", "-o", image(3), image(1), image(2), image(3)}).status, 0);
  EXPECT_EQ(run({"list", path("dir")}).status, 0);
  EXPECT_EQ(prune({"--keep-last", "2"}).out,
            "4321.000002: removed\n4321.000001: removed\n2 images kept\n");
  EXPECT_EQ(memory({3}), third);
}

TEST_F(Prune, PrintsJson) {
  make_chain(3);
  const Outcome outcome = prune({"--keep-last", "2", "--json"});
  EXPECT_EQ(outcome.out,
            "{\n  \"dry_run\": false,\n  \"chains\": [\n    {\n      \"folded\": {\n"
            "        \"image\": \"4321.000002\",\n        \"out_of\": [\n"
            "          \"4321.000001\",\n          \"4321.000002\"\n        ]\n      },\n"
            "      \"removed\": [\n        \"4321.000001\"\n      ]\n    }\n  ],\n"
            "  \"images_kept\": 2,\n  \"chains_left_alone\": 0\n}\n");
}

TEST_F(Prune, WantsToKnowWhatToKeep) {
  const auto error = [&](std::vector<std::string> words) {
    const Outcome outcome = prune(std::move(words));
    EXPECT_EQ(outcome.status, 2);
    return outcome.err;
  };
  EXPECT_THAT(error({}), HasSubstr("say what to keep: --keep-last, --keep-since or --keep-every"));
  EXPECT_THAT(error({"--keep-last", "0"}), HasSubstr("--keep-last takes a number from 1 on"));
  EXPECT_THAT(
      error({"--keep-since", "yesterday"}),
      HasSubstr("--keep-since takes a duration or a time (found 'yesterday', expected 2h,"));
  EXPECT_THAT(error({"--keep-every", "0"}), HasSubstr("--keep-every takes a duration above 0"));
}

}  // namespace
}  // namespace cpctl
