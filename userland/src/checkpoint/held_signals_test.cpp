// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/held_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "checkpoint/error.h"

namespace checkpoint {
namespace {

std::string checked(const HeldSignals& signals) {
  try {
    signals.check();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(HeldSignals, AreTakenWhereItIsSafe) {
  const HeldSignals signals;
  EXPECT_EQ(checked(signals), "");
  ::raise(SIGTERM);
  EXPECT_EQ(checked(signals), "interrupted by SIGTERM");
  EXPECT_EQ(checked(signals), "");
}

TEST(HeldSignals, AreAllThatWouldEndTheProgram) {
  const HeldSignals signals;
  for (const int signal : {SIGQUIT, SIGALRM, SIGUSR1, SIGXCPU, SIGVTALRM, SIGPIPE, SIGPWR}) {
    ::raise(signal);
    EXPECT_EQ(checked(signals), std::string("interrupted by SIG") + ::sigabbrev_np(signal));
  }
  ::raise(SIGRTMIN + 3);
  EXPECT_EQ(checked(signals), "interrupted by signal " + std::to_string(SIGRTMIN + 3));
  for (const int signal : {SIGCHLD, SIGWINCH, SIGURG}) ::raise(signal);
  EXPECT_EQ(checked(signals), "");
}

TEST(HeldSignals, ArriveAtTheEnd) {
  EXPECT_EXIT(
      {
        {
          const HeldSignals signals;
          ::raise(SIGINT);
          if (::write(STDERR_FILENO, "held", 4) != 4) ::_exit(1);
        }
        ::_exit(0);
      },
      ::testing::KilledBySignal(SIGINT), "held");
}

TEST(HeldSignals, WhatIsIgnoredStaysIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        const HeldSignals signals;
        ::raise(SIGHUP);
        ::_exit(checked(signals).empty() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace checkpoint
