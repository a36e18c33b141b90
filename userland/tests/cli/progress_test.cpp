// SPDX-License-Identifier: GPL-2.0-or-later
// Progress on a terminal, of each command that shows it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "checkpoint/test_support/live_child.h"
#include "checkpoint/unique_fd.h"
#include "cli.h"
#include "large_image.h"
#include "running.h"
#include "slow_kernel.h"

namespace cpctl {
namespace {

using checkpoint::FakeProc;
using checkpoint::ImageBuilder;
using checkpoint::Info;
using checkpoint::kPageSize;
using checkpoint::str;
using checkpoint::UniqueFd;
using ::testing::EndsWith;
using ::testing::Not;

/// cat of more than a pipe takes, to a pipe that nobody reads yet.
class ProgressOfCat : public Cli {
 protected:
  ProgressOfCat() {
    ImageBuilder(0x10000, 0x210000)
        .map(0x10000, 0x210000)
        .data(0x10000, 0x210000, 'x')
        .write_to(path("image"));
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw checkpoint::system_failure("a pipe", "create");
  }
  ~ProgressOfCat() override { ::close(ends_[0]); }

  [[nodiscard]] std::vector<std::string> words() const {
    return {"cat", "--range", "10000-210000", path("image")};
  }

  /// Reads the pipe to its end, and returns how much came.
  std::size_t drain() {
    ::close(ends_[1]);
    std::size_t all = 0;
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::read(ends_[0], buffer, sizeof buffer)) > 0)
      all += static_cast<std::size_t>(got);
    return all;
  }

  int ends_[2] = {};
  checkpoint::Pty pty_{100};
};

TEST_F(ProgressOfCat, IsDrawnOnATerminalAndCleared) {
  Running cat(words(), ends_[1], pty_.terminal());
  EXPECT_THAT(pty_.read_until("% "), HasSubstr("\rwriting ["));
  EXPECT_EQ(drain(), 0x200000U);
  EXPECT_EQ(cat.wait(), 0);
  EXPECT_THAT(pty_.read_rest(), EndsWith("\r\033[K"));
}

TEST_F(ProgressOfCat, CountsWhatIsWritten) {
  Running cat(words(), ends_[1], pty_.terminal());
  // The first half, and less than a pipe holds of the second one.
  std::size_t all = 0;
  char buffer[65536];
  while (all < 0x110000) {
    const ssize_t got = ::read(ends_[0], buffer, std::min(sizeof buffer, 0x110000 - all));
    ASSERT_GT(got, 0);
    all += static_cast<std::size_t>(got);
  }
  EXPECT_THAT(pty_.read_until("2.0 MiB  "), HasSubstr("]   50%  1.0 MiB of 2.0 MiB  "));
  EXPECT_EQ(all + drain(), 0x200000U);
  EXPECT_EQ(cat.wait(), 0);
}

TEST_F(ProgressOfCat, IsNotDrawnWhenQuiet) {
  std::vector<std::string> quiet = words();
  quiet.emplace_back("-q");
  Running cat(quiet, ends_[1], pty_.terminal());
  ::usleep(1'000'000);
  EXPECT_EQ(drain(), 0x200000U);
  EXPECT_EQ(cat.wait(), 0);
  EXPECT_EQ(pty_.read_rest(), "");
}

TEST_F(ProgressOfCat, IsNotDrawnInAFile) {
  const UniqueFd err(::open(path("err").c_str(), O_WRONLY | O_CREAT, 0600));
  Running cat(words(), ends_[1], err.get());
  ::usleep(1'000'000);
  EXPECT_EQ(drain(), 0x200000U);
  EXPECT_EQ(cat.wait(), 0);
  EXPECT_EQ(checkpoint::read_file(path("err")), "");
}

/// Images of 64 MiB, and a terminal for what is drawn.
class CommandProgress : public Cli {
 protected:
  static constexpr std::uint64_t kPages = 16384;

  /// A chain "full", "inc" with all pages in both.
  void make_chain() const {
    Info info = ImageBuilder(0x10000, 0x10000 + kPages * kPageSize).info();
    write_large(path("full"), info, kPages);
    write_large(path("inc"), ImageBuilder::inc_on(info).info(), kPages);
  }

  /// Another full image "other" of the same memory.
  void make_other() const {
    Info info = ImageBuilder(0x10000, 0x10000 + kPages * kPageSize).info();
    info.id[3] = 1;
    write_large(path("other"), info, kPages);
  }

  /// What is drawn, at least until @text is.
  [[nodiscard]] std::string drawn_by(const std::vector<std::string>& words,
                                     const std::string& text) const {
    const Running running(words, null_.get(), pty_.terminal());
    return running.crawl_until(pty_, text);
  }

  /// All that is on the terminal in the end, where what is printed goes to it as
  /// well, once it has drawn @text.
  [[nodiscard]] std::string drawn_with_report(const std::vector<std::string>& words,
                                              const std::string& text) const {
    Running running(words, pty_.terminal(), pty_.terminal());
    std::string drawn = running.crawl_until(pty_, text);
    EXPECT_EQ(running.wait(), 0) << words.front();
    return drawn + pty_.read_rest();
  }

  /// Expects that these words draw nothing.
  void expect_quiet(std::vector<std::string> words) const {
    for (const char* quiet : {"-q", "--quiet"}) {
      words.emplace_back(quiet);
      Running running(words, null_.get(), pty_.terminal());
      EXPECT_EQ(running.crawl_until(pty_, "\r"), "") << words.front();
      EXPECT_EQ(running.wait(), 0) << words.front();
      words.pop_back();
    }
  }

  const UniqueFd null_{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  const checkpoint::Pty pty_{100};
};

TEST_F(CommandProgress, OfCore) {
  make_chain();
  EXPECT_THAT(drawn_by({"core", "-o", path("core"), path("full")}, "\rverifying ["),
              HasSubstr("\rverifying ["));
  EXPECT_THAT(drawn_by({"core", "--no-verify", "-o", path("core"), path("full")}, "\rwriting ["),
              HasSubstr("\rwriting ["));
  expect_quiet({"core", "--force", "-o", path("core"), path("full")});
}

TEST_F(CommandProgress, OfCoreIsGoneBeforeTheReport) {
  make_chain();
  EXPECT_THAT(
      drawn_with_report({"core", "--no-verify", "-o", path("core"), path("full")}, "\rwriting ["),
      HasSubstr("\r\033[K" + path("core") + ": 1 segments, 16384 pages of data, "));
}

TEST_F(CommandProgress, OfDiff) {
  make_chain();
  make_other();
  EXPECT_THAT(drawn_by({"diff", path("full"), path("other")}, "\rverifying ["),
              HasSubstr("\rverifying ["));
  EXPECT_THAT(drawn_by({"diff", "--no-verify", path("full"), path("other")}, "\rcomparing ["),
              HasSubstr("\rcomparing ["));
  expect_quiet({"diff", path("full"), path("other")});
}

TEST_F(CommandProgress, OfDiffMakesWayForWhatIsPrinted) {
  make_chain();
  make_other();
  const std::vector<std::string> words = {"diff", "--no-verify", path("full"), path("other")};
  EXPECT_THAT(drawn_with_report(words, "\rcomparing ["), HasSubstr("\r\033[Kno difference\r\n"));
  std::fstream(path("other"), std::ios::in | std::ios::out).seekp(-200, std::ios::end).put(1);
  std::vector<std::string> pages = words;
  pages.emplace_back("--pages");
  EXPECT_THAT(drawn_with_report(pages, "\rcomparing ["),
              HasSubstr("\r\033[K0x10000-0x4010000 rw-p\r\n  0x400f000-0x4010000 1 changed "));
}

TEST_F(CommandProgress, OfDiffReadsAnImageOfBothPointsOnce) {
  make_chain();
  EXPECT_THAT(drawn_by({"diff", path("full"), path("inc")}, " of 128.0 MiB"),
              HasSubstr(" of 128.0 MiB"));
}

// Lines that are not whole yet cannot stand above it.
TEST_F(CommandProgress, OfDiffIsNotDrawnBetweenJson) {
  make_chain();
  make_other();
  EXPECT_THAT(drawn_with_report({"diff", "--json", path("full"), path("other")}, "ing ["),
              Not(HasSubstr("\r\033[K")));
}

TEST_F(CommandProgress, OfCatIsNotDrawnBetweenTheBytes) {
  make_chain();
  EXPECT_EQ(drawn_with_report({"cat", "--range", "10000-10003", path("full")}, "ing ["),
            std::string(3, '\0'));
}

TEST_F(CommandProgress, OfExtract) {
  make_chain();
  const std::vector<std::string> words = {"extract", "--range",   "10000-4010000", "--force",
                                          "-o",      path("raw"), path("full")};
  EXPECT_THAT(drawn_by(words, "\rverifying ["), HasSubstr("\rverifying ["));
  std::vector<std::string> unverified = words;
  unverified.emplace_back("--no-verify");
  EXPECT_THAT(drawn_by(unverified, "\rwriting ["), HasSubstr("\rwriting ["));
  expect_quiet(words);
}

TEST_F(CommandProgress, OfHeatmap) {
  make_chain();
  EXPECT_THAT(drawn_by({"heatmap", path("full"), path("inc")}, "\rverifying ["),
              HasSubstr("\rverifying ["));
  EXPECT_THAT(
      drawn_by({"heatmap", "--no-verify", "--compare", path("full"), path("inc")}, "\rcomparing ["),
      HasSubstr("\rcomparing ["));
  expect_quiet({"heatmap", path("full"), path("inc")});
}

TEST_F(CommandProgress, OfHeatmapIsGoneBeforeTheReport) {
  make_chain();
  EXPECT_THAT(drawn_with_report({"heatmap", "--no-verify", "--compare", path("full"), path("inc")},
                                "\rcomparing ["),
              HasSubstr("\r\033[Knothing changed\r\n"));
}

TEST_F(CommandProgress, OfMerge) {
  make_chain();
  const std::vector<std::string> words = {"merge",        "-f",         "-o",
                                          path("merged"), path("full"), path("inc")};
  // Of both, though all that the first one has is in the other one, too.
  EXPECT_THAT(drawn_by(words, " of 128.0 MiB"), HasSubstr("\rmerging ["));
  expect_quiet(words);
}

TEST_F(CommandProgress, OfPrune) {
  checkpoint::make_directories(path("dir"));
  Info info = ImageBuilder(0x10000, 0x10000 + kPages * kPageSize).info();
  write_large(path("dir/1"), info, kPages);
  info = ImageBuilder::inc_on(info).info();
  write_large(path("dir/2"), info, 2);
  EXPECT_THAT(drawn_by({"prune", "--keep-last", "1", path("dir")}, "\rmerging ["),
              HasSubstr("\rmerging ["));
  expect_quiet({"prune", "--keep-last", "1", path("dir")});
}

TEST_F(CommandProgress, OfPruneMakesWayForWhatIsPrinted) {
  checkpoint::make_directories(path("dir"));
  Info info = ImageBuilder(0x10000, 0x10000 + kPages * kPageSize).info();
  write_large(path("dir/1"), info, kPages);
  info = ImageBuilder::inc_on(info).info();
  write_large(path("dir/2"), info, 2);
  EXPECT_THAT(drawn_with_report({"prune", "--keep-last", "1", path("dir")}, "\rmerging ["),
              HasSubstr("\r\033[K2: folded out of 2 images\r\n1: removed\r\n"));
}

TEST_F(CommandProgress, OfRestore) {
  const checkpoint::Area area(kPages);
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{'a'});
  const checkpoint::LiveChild child;
  checkpoint::write_file(path("image"), image_of(child.process(), area.range()));
  const std::vector<std::string> words = {"--pid", str(child.pid()), "restore"};
  const auto with = [&words](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return more;
  };
  EXPECT_THAT(drawn_by(with({path("image")}), "\rverifying ["), HasSubstr("\rverifying ["));
  EXPECT_THAT(drawn_by(with({"--no-verify", path("image")}), "\rcomparing ["),
              HasSubstr("\rcomparing ["));
  expect_quiet(with({path("image")}));
  EXPECT_THAT(drawn_with_report(with({"--no-verify", path("image")}), "\rcomparing ["),
              HasSubstr(str("\r\033[Kprocess ", child.pid(), ": 0 pages written ")));
}

TEST_F(CommandProgress, OfVerify) {
  make_chain();
  EXPECT_THAT(drawn_by({"verify", path("full"), path("inc")}, "\rverifying ["),
              HasSubstr("\rverifying ["));
  expect_quiet({"verify", path("full"), path("inc")});
}

const std::string kWriting =
    "version: 1\nstate: writing\nbytes_done: 1048576\nbytes_total: 4194304\n";

TEST_F(CommandProgress, OfFullAndIncIsWhatTheKernelSays) {
  for (const char* command : {"full", "inc"}) {
    const FakeProc proc;
    const SlowKernel kernel(proc, kWriting);
    const Running save(live(proc, {command, "--all", "FILE"}), null_.get(), pty_.terminal());
    kernel.begin(save.pid());
    EXPECT_THAT(pty_.read_until("left"), HasSubstr("]   25%  1.0 MiB of 4.0 MiB  ")) << command;
  }
}

TEST_F(CommandProgress, OfFullIsNotDrawnWhenQuiet) {
  const FakeProc proc;
  const SlowKernel kernel(proc, kWriting);
  const Running save(live(proc, {"full", "-q", "--all", "FILE"}), null_.get(), pty_.terminal());
  kernel.begin(save.pid());
  ::usleep(1'000'000);
  EXPECT_EQ(pty_.read_rest(), "");
}

TEST_F(CommandProgress, OfWatchIsWhatTheKernelSays) {
  const FakeProc proc;
  const SlowKernel kernel(proc, kWriting);
  checkpoint::make_directories(path("dir"));
  const Running watch(live(proc, {"watch", "--every", "1h", path("dir")}), null_.get(),
                      pty_.terminal());
  kernel.begin(watch.pid());
  EXPECT_THAT(pty_.read_until("left"), HasSubstr("]   25%  1.0 MiB of 4.0 MiB  "));
}

TEST_F(CommandProgress, OfWatchIsNotDrawnWhenQuiet) {
  const FakeProc proc;
  const SlowKernel kernel(proc, kWriting);
  checkpoint::make_directories(path("dir"));
  const Running watch(live(proc, {"watch", "-q", "--every", "1h", path("dir")}), null_.get(),
                      pty_.terminal());
  kernel.begin(watch.pid());
  ::usleep(1'000'000);
  EXPECT_EQ(pty_.read_rest(), "");
}

/// A pipe that gives half of an image, and then nothing for long.
class ProgressOfAStream : public CommandProgress {
 protected:
  ProgressOfAStream() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw checkpoint::system_failure("a pipe", "create");
    const checkpoint::Bytes bytes = checkpoint::sample_full().build();
    checkpoint::FdSink(ends_[1], "pipe").write(checkpoint::ByteView(bytes).first(8192));
  }
  ~ProgressOfAStream() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  /// What is drawn, up to @text.
  std::string drawn_by(const std::vector<std::string>& words, const std::string& text) {
    const Running running(words, null_.get(), pty_.terminal(), ends_[0]);
    return pty_.read_until(text);
  }

  int ends_[2] = {};
};

TEST_F(ProgressOfAStream, ThatIsVerifiedOnItsWay) {
  EXPECT_THAT(drawn_by({"verify", "-"}, "left"), HasSubstr("]   49%  8.0 KiB of 16.0 KiB  "));
}

TEST_F(ProgressOfAStream, ThatInfoReads) {
  EXPECT_THAT(drawn_by({"info", "-"}, "left"), HasSubstr("]   49%  8.0 KiB of 16.0 KiB  "));
}

TEST_F(ProgressOfAStream, ThatIsCopiedFirst) {
  EXPECT_THAT(drawn_by({"core", "-o", path("core"), "-"}, "/s"), HasSubstr("\rreading  8.0 KiB  "));
}

}  // namespace
}  // namespace cpctl
