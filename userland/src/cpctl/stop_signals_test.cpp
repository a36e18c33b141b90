// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/stop_signals.h"

#include <gtest/gtest.h>

namespace cpctl {
namespace {

constexpr std::uint64_t kMinute = 60'000'000'000;

TEST(StopSignals, WaitUntilSomebodyAsks) {
  const StopSignals signals;
  std::raise(SIGTERM);
  EXPECT_EQ(signals.wait(kMinute), SIGTERM);
  EXPECT_EQ(signals.wait(0), 0);
  std::raise(SIGINT);
  EXPECT_EQ(signals.wait(0), SIGINT);
}

TEST(StopSignals, AreNotThoseThatWereIgnored) {
  std::signal(SIGINT, SIG_IGN);
  {
    const StopSignals signals;
    std::raise(SIGINT);
    EXPECT_EQ(signals.wait(1000), 0);
  }
  std::signal(SIGINT, SIG_DFL);
}

TEST(StopSignals, AreAsBeforeAfterwards) {
  sigset_t before{};
  sigset_t after{};
  sigprocmask(SIG_BLOCK, nullptr, &before);
  { const StopSignals signals; }
  sigprocmask(SIG_BLOCK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
}

}  // namespace
}  // namespace cpctl
