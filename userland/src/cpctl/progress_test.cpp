// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>

#include "checkpoint/test_support/fake_proc.h"
#include "checkpoint/test_support/pty.h"
#include "checkpoint/test_support/redirect.h"
#include "checkpoint/test_support/samples.h"
#include "checkpoint/unique_fd.h"

namespace cpctl {
namespace {

using checkpoint::FakeProc;
using checkpoint::kFakePid;
using checkpoint::Pty;
using checkpoint::Redirect;
using checkpoint::size_text;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

TEST(ProgressLine, HasAllOfItWhereThereIsRoom) {
  EXPECT_EQ(progress_line({.what = "writing", .done = 512 * kMiB, .total = 2048 * kMiB}, 2, 120),
            "writing [##########                              ]   25%  512.0 MiB of 2.0 GiB  "
            "256.0 MiB/s  0:06 left");
}

TEST(ProgressLine, NeverFillsTheLastColumn) {
  const Progress progress{.what = "writing", .done = 512 * kMiB, .total = 2048 * kMiB};
  for (std::size_t width = 0; width < 130; ++width) {
    const std::string line = progress_line(progress, 2, width);
    EXPECT_LE(line.size() + 1, std::max<std::size_t>(width, 1)) << line;
  }
  EXPECT_EQ(progress_line(progress, 2, 36), "writing   25%  512.0 MiB of 2.0 GiB");
  EXPECT_EQ(progress_line(progress, 2, 30), "writing   25%  256.0 MiB/s");
  EXPECT_EQ(progress_line(progress, 2, 5), "writ");
}

TEST(ProgressLine, SaysOnlyWhatIsKnown) {
  EXPECT_EQ(progress_line({.what = "capturing"}, 2, 80), "capturing");
  EXPECT_EQ(progress_line({.what = "writing", .done = 0, .total = kMiB}, 2, 43),
            "writing [          ]    0%  0 B of 1.0 MiB");
  EXPECT_THAT(progress_line({.what = "writing", .done = 1, .total = kMiB * kMiB}, 1, 120),
              EndsWith("1 B/s"));
}

TEST(ProgressLine, OfAnUnknownTotalHasNoBarAndNoTimeLeft) {
  EXPECT_EQ(progress_line({.what = "reading", .done = 3 * kMiB}, 2, 80),
            "reading  3.0 MiB  1.5 MiB/s");
  EXPECT_EQ(progress_line({.what = "reading", .done = 3 * kMiB}, 2, 20), "reading  3.0 MiB");
}

TEST(ProgressLine, ACountBeyondItsTotalIsAllOfIt) {
  EXPECT_THAT(progress_line({.what = "writing", .done = UINT64_MAX, .total = kMiB}, 1, 80),
              HasSubstr(" 100%  1.0 MiB of 1.0 MiB  1.0 MiB/s  0:00 left"));
}

TEST(ProgressLine, LongTimesHaveHours) {
  EXPECT_THAT(progress_line({.what = "writing", .done = kMiB, .total = 4000 * kMiB}, 1, 120),
              HasSubstr("1:06:39 left"));
}

class Bar : public ::testing::Test {
 protected:
  Bar() { ::setenv("TERM", "xterm", 1); }

  static std::optional<Progress> half() {
    return Progress{.what = "writing", .done = kMiB, .total = 2 * kMiB};
  }
};

TEST_F(Bar, IsDrawnOnATerminalAndCleared) {
  const Pty pty(100);
  {
    const ProgressBar bar(pty.terminal(), half);
    EXPECT_THAT(pty.read_until("left"), HasSubstr("\rwriting ["));
  }
  EXPECT_THAT(pty.read_rest(), EndsWith("\r\033[K"));
}

TEST_F(Bar, RespectsTheWidthOfTheTerminal) {
  const Pty pty(24);
  {
    const ProgressBar bar(pty.terminal(), half);
    EXPECT_THAT(pty.read_until("\033[K"), ::testing::StartsWith("\rwriting   50%\033[K"));
  }
}

TEST_F(Bar, IsNotDrawnWhereNothingIsUnderWay) {
  const Pty pty(100);
  std::atomic<int> asked = 0;
  {
    const ProgressBar bar(pty.terminal(), [&] {
      ++asked;
      return std::nullopt;
    });
    while (asked < 2) ::usleep(1000);
  }
  EXPECT_EQ(pty.read_rest(), "");
}

TEST_F(Bar, IsClearedWhenNothingIsUnderWayAnyMore) {
  const Pty pty(100);
  std::atomic<bool> idle = false;
  const ProgressBar bar(pty.terminal(), [&] { return idle ? std::nullopt : half(); });
  static_cast<void>(pty.read_until("left\033[K"));
  idle = true;
  EXPECT_THAT(pty.read_until("\r\033[K"), EndsWith("\r\033[K"));
}

TEST_F(Bar, MakesWayForWhatIsPrinted) {
  const Pty pty(100);
  ProgressBar bar(pty.terminal(), half);
  static_cast<void>(pty.read_until("left\033[K"));
  bar.print([&] { ASSERT_EQ(::write(pty.terminal(), "line\n", 5), 5); });
  const std::string then = "line\r\n\rwriting [";
  EXPECT_THAT(pty.read_until(then), HasSubstr("\r\033[K" + then));
}

TEST_F(Bar, PrintsWithoutATerminalAsWell) {
  const checkpoint::UniqueFd null(::open("/dev/null", O_WRONLY));
  bool printed = false;
  ProgressBar(null.get(), half).print([&] { printed = true; });
  EXPECT_TRUE(printed);
  printed = false;
  ByteProgress(true).print([&] { printed = true; });
  EXPECT_TRUE(printed);
}

std::atomic<int> signals_taken = 0;

// Whoever restores memory holds them, so that nothing is left half done.
TEST_F(Bar, LeavesSignalsToTheThreadThatWorks) {
  const Pty pty(100);
  const ProgressBar bar(pty.terminal(), half);
  static_cast<void>(pty.read_until("left"));
  std::signal(SIGUSR1, [](int) { ++signals_taken; });
  sigset_t held;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
  ::kill(::getpid(), SIGUSR1);
  static_cast<void>(pty.read_rest());
  static_cast<void>(pty.read_until("left"));  // it has had the time
  EXPECT_EQ(signals_taken, 0);
  ::pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
  EXPECT_EQ(signals_taken, 1);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST_F(Bar, MeasuresEachStepByItself) {
  const Pty pty(100);
  std::atomic<unsigned> step = 1;
  const ProgressBar bar(pty.terminal(), [&] {
    return Progress{.what = "verifying", .done = 100 * kMiB, .total = 0, .step = step};
  });
  const auto rate = [&pty] {
    const std::string line = pty.read_until("/s\033[K");
    return std::stod(line.substr(line.rfind("  ") + 2));
  };
  rate();
  for (int n = 0; n < 3; ++n) rate();
  const double slow = rate();  // a second and more
  step = 2;
  EXPECT_GT(std::max(rate(), rate()), 2 * slow);
}

TEST_F(Bar, IsNotForATerminalThatCannotRedraw) {
  ::setenv("TERM", "dumb", 1);
  const Pty pty(100);
  const ProgressBar bar(pty.terminal(), [] {
    ADD_FAILURE();
    return half();
  });
  ::usleep(500'000);
}

TEST_F(Bar, IsNotForAFile) {
  const checkpoint::TempDir dir;
  const checkpoint::UniqueFd file(::open((dir / "f").c_str(), O_RDWR | O_CREAT, 0600));
  {
    const ProgressBar bar(file.get(), [] {
      ADD_FAILURE();
      return half();
    });
    ::usleep(500'000);
  }
  EXPECT_EQ(checkpoint::read_file(dir / "f"), "");
}

/// A process that draws on the terminal of its session, in the background of it
/// or not, and writes to @asked each time that it is asked what to draw.
pid_t draw_in_a_session(const Pty& pty, bool background, int asked) {
  const pid_t leader = ::fork();
  if (leader != 0) return leader;
  ::setsid();
  ::ioctl(pty.terminal(), TIOCSCTTY, 0);
  if (background && ::fork() != 0)
    for (;;) ::pause();
  if (background) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
  }
  const ProgressBar bar(pty.terminal(), [asked] {
    if (::write(asked, "x", 1) != 1) ::_exit(1);
    return Progress{.what = "writing", .done = 1, .total = 2};
  });
  for (;;) ::pause();
}

TEST_F(Bar, IsNotDrawnByAJobInTheBackground) {
  for (const bool background : {false, true}) {
    const Pty pty(100);
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t leader = draw_in_a_session(pty, background, ends[1]);
    ::close(ends[1]);
    char asked = 0;
    for (int times = 0; times < 2; ++times) EXPECT_EQ(::read(ends[0], &asked, 1), 1);
    EXPECT_EQ(background ? pty.read_rest() : pty.read_until("\rwriting ").substr(0, 9),
              background ? "" : "\rwriting ");
    ::kill(leader, SIGKILL);
    ::waitpid(leader, nullptr, 0);
    ::close(ends[0]);
  }
}

/// Progress of bytes, on a terminal that is standard error.
class BytesBar : public Bar {
 protected:
  const Pty pty_{100};
  const Redirect error_{STDERR_FILENO, pty_.terminal()};
  ByteProgress progress_{false};
};

TEST_F(BytesBar, CountsEachStepFromNone) {
  progress_.begin("reading", 100);
  progress_.advance(30);
  progress_.advanced()(20);
  EXPECT_THAT(pty_.read_until("50 B of 100 B"), HasSubstr("]   50%  50 B of 100 B"));
  progress_.begin("writing", 200);
  progress_.advance(50);
  EXPECT_THAT(pty_.read_until("50 B of 200 B"), HasSubstr("\rwriting [##########  "));
}

TEST_F(BytesBar, OfASinkIsWhatItHandsOn) {
  checkpoint::MemorySink sink;
  CountingSink counting(sink, progress_);
  progress_.begin("writing", 4 * kMiB);
  counting.write(checkpoint::filled(2 * kMiB + 1000, 'x'));
  counting.write_zeros(kMiB - 1000);
  EXPECT_EQ(sink.bytes().size(), 3 * kMiB);
  EXPECT_THAT(pty_.read_until("of 4.0 MiB"), HasSubstr("]   75%  3.0 MiB of 4.0 MiB"));
}

TEST_F(BytesBar, OfAChainIsAllOfItsFiles) {
  const checkpoint::Bytes full = checkpoint::sample_full().build();
  const checkpoint::Bytes inc = checkpoint::sample_inc().build();
  std::vector<checkpoint::Image> images;
  images.push_back(checkpoint::Image::from_bytes(full, "full"));
  images.push_back(checkpoint::Image::from_bytes(inc, "inc"));
  const checkpoint::Chain chain = checkpoint::Chain::from_images(std::move(images));
  verify(chain, progress_);
  const std::string text =
      size_text(chain.summed_bytes()) + " of " + size_text(full.size() + inc.size());
  EXPECT_THAT(pty_.read_until(text), HasSubstr("]   99%  " + text));
}

TEST(ProgressOf, AddsUpTheProcesses) {
  FakeProc proc;
  checkpoint::make_directories(proc.root() + "/7");
  const std::vector<checkpoint::Process> processes = {{proc.root(), kFakePid}, {proc.root(), 7}};
  EXPECT_FALSE(progress_of(processes));  // there is no checkpoint file

  proc.set_status("version: 1\nstate: writing\nbytes_done: 10\nbytes_total: 100\n");
  checkpoint::write_file(proc.root() + "/7/checkpoint",
                         "version: 1\nstate: writing\nbytes_done: 5\nbytes_total: 50\n");
  const auto both = progress_of(processes);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->what, "writing");
  EXPECT_EQ(both->done, 15U);
  EXPECT_EQ(both->total, 150U);

  proc.set_status("version: 1\nstate: idle\nbytes_done: 10\nbytes_total: 100\n");
  EXPECT_EQ(progress_of(processes)->total, 50U);
  proc.set_status("version: 1\nstate: capturing\nbytes_done: 0\nbytes_total: 0\n");
  EXPECT_EQ(progress_of(processes)->what, "capturing");
  EXPECT_EQ(progress_of(processes)->total, 0U);
}

}  // namespace
}  // namespace cpctl
