// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/stopped_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/test_support/live_child.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

/// Counts in @area, a page each thread, and starts threads that end at once.
void count_in_threads(const Area& area, std::size_t threads) {
  for (std::size_t n = 0; n < threads; ++n)
    std::thread([&area, n] {
      auto* counter = reinterpret_cast<volatile std::uint64_t*>(area.page(n));
      for (;;) *counter = *counter + 1;
    }).detach();
  for (;;) std::thread([] {}).join();
}

volatile int* signals_seen;
void see_signal(int /*signal*/) {
  *signals_seen = *signals_seen + 1;
}

class StoppedProcessTest : public ::testing::Test {
 protected:
  std::string failure(const LiveChild& child) {
    try {
      const Process process = child.process();
      const StoppedProcess stopped(process, signals_, std::chrono::milliseconds(300));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  HeldSignals signals_;
};

TEST_F(StoppedProcessTest, NoThreadRunsUntilTheEnd) {
  const Area area(3);
  const LiveChild child([&] { count_in_threads(area, 3); });
  const auto counted = [&] {
    const Bytes bytes = child.read(area.range());
    std::vector<std::uint64_t> counters;
    for (std::size_t n = 0; n < 3; ++n)
      counters.push_back(load<std::uint64_t>(bytes, n * kPageSize, {"test"}));
    return counters;
  };
  ASSERT_TRUE(eventually([&] { return counted()[0] > 0 && counted()[1] > 0 && counted()[2] > 0; }));
  std::vector<std::uint64_t> before;
  {
    const Process process = child.process();
    const StoppedProcess stopped(process, signals_);
    EXPECT_GE(stopped.threads().size(), 4U);
    before = counted();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(counted(), before);
    for (const pid_t tid : process.threads()) EXPECT_EQ(process.thread(tid)->tracer, ::getpid());
  }
  for (std::size_t n = 0; n < 3; ++n)
    EXPECT_TRUE(eventually([&] { return counted()[n] > before[n]; })) << "thread " << n;
}

TEST_F(StoppedProcessTest, SignalsThatComeMeanwhileAreDelivered) {
  const Area area(1, Area::kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  signals_seen = reinterpret_cast<int*>(area.page(0));
  const LiveChild child([] {
    struct sigaction action {};
    action.sa_handler = see_signal;
    ::sigaction(SIGUSR1, &action, nullptr);
    ::sigaction(SIGRTMIN, &action, nullptr);
    *signals_seen = 100;
    for (;;) ::pause();
  });
  ASSERT_TRUE(eventually([] { return *signals_seen == 100; }));
  constexpr int rounds = 200;
  for (int n = 0; n < rounds; ++n) {
    // On their way when it is stopped: some are met before the stop.
    child.signal(SIGRTMIN);
    const Process process = child.process();
    const StoppedProcess stopped(process, signals_);
    child.signal(SIGRTMIN);
  }
  EXPECT_TRUE(eventually([] { return *signals_seen == 100 + 2 * rounds; })) << *signals_seen;
}

// It takes a signal now and then between being traced and being stopped.
TEST_F(StoppedProcessTest, SignalsOnTheirWayAreDelivered) {
  const Area area(1, Area::kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  signals_seen = reinterpret_cast<int*>(area.page(0));
  auto* sent = signals_seen + 1;
  const LiveChild child([sent] {
    std::signal(SIGUSR1, see_signal);
    for (;;) {
      ::raise(SIGUSR1);
      *sent = *sent + 1;
    }
  });
  ASSERT_TRUE(eventually([sent] { return *sent > 0; }));
  const Process process = child.process();
  for (int n = 0; n < 1000; ++n) {
    const StoppedProcess for_a_moment(process, signals_);
  }
  const StoppedProcess stopped(process, signals_);
  EXPECT_GE(*signals_seen, *sent);
}

TEST_F(StoppedProcessTest, WhatJobControlStoppedStaysStopped) {
  const LiveChild child;
  child.signal_until(SIGSTOP, 'T');
  {
    const Process process = child.process();
    const StoppedProcess stopped(process, signals_);
    EXPECT_EQ(process.thread(child.pid())->state, 't');
  }
  const Process process = child.process();
  EXPECT_TRUE(eventually([&] { return process.thread(child.pid())->state == 'T'; }));
  child.signal_until(SIGCONT, 'S');
}

TEST_F(StoppedProcessTest, ADeadlySignalMeanwhileIsDelivered) {
  const LiveChild child;
  {
    const Process process = child.process();
    const StoppedProcess stopped(process, signals_);
    child.signal(SIGTERM);
  }
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_code, CLD_KILLED);
  EXPECT_EQ(info.si_status, SIGTERM);
}

TEST_F(StoppedProcessTest, RefusesWhatIsTracedAlready) {
  const LiveChild child;
  const LiveChild tracer([&] {
    if (::ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr) != 0) ::_exit(1);
    for (;;) ::pause();
  });
  const Process process = child.process();
  // A sibling may not be traced by a forked process of the same user under
  // every security module.
  if (!eventually([&] { return process.thread(child.pid())->tracer == tracer.pid(); }))
    GTEST_SKIP() << "a sibling cannot be traced here";
  EXPECT_EQ(failure(child), str("process ", child.pid(), ": cannot be stopped: process ",
                                tracer.pid(), " traces its thread ", child.pid(), " already"));
}

TEST_F(StoppedProcessTest, SaysWhichThreadDoesNotStop) {
  const LiveChild child([] {
    if (::vfork() != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  });
  const Process process = child.process();
  ASSERT_TRUE(eventually([&] { return process.thread(child.pid())->state == 'D'; }));
  EXPECT_EQ(failure(child), str("process ", child.pid(), ": its thread ", child.pid(),
                                " does not stop (found state D)"));
}

TEST_F(StoppedProcessTest, ASignalEndsTheWait) {
  const LiveChild child;
  ::raise(SIGINT);
  EXPECT_EQ(failure(child), "interrupted by SIGINT");
  const Process process = child.process();
  EXPECT_TRUE(eventually([&] { return process.thread(child.pid())->tracer == 0; }));
}

TEST_F(StoppedProcessTest, TellsThatItHasEnded) {
  const LiveChild child;
  child.signal_until(SIGKILL, 'Z');
  EXPECT_EQ(failure(child), str("process ", child.pid(), ": ended while it was being stopped"));
}

TEST_F(StoppedProcessTest, TellsThatThereIsNoSuchProcess) {
  const Process process("/proc", INT32_MAX);
  EXPECT_THROW(StoppedProcess(process, signals_), Error);
}

}  // namespace
}  // namespace checkpoint
