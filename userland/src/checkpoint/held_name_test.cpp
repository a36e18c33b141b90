// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/held_name.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(HeldName, IsHeldByOneAtATime) {
  const TempDir dir;
  {
    const auto held = HeldName::take(dir / "lock");
    ASSERT_TRUE(held);
    EXPECT_EQ(dir.list(), "lock");
    EXPECT_FALSE(HeldName::take(dir / "lock"));
    EXPECT_TRUE(HeldName::take(dir / "other"));
  }
  EXPECT_EQ(dir.list(), "");
  EXPECT_TRUE(HeldName::take(dir / "lock"));
}

TEST(HeldName, OfAKilledProgramIsTakenOver) {
  const TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = HeldName::take(dir / "lock");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(dir.list(), "lock");
  EXPECT_TRUE(HeldName::take(dir / "lock"));
  EXPECT_EQ(dir.list(), "");
}

TEST(HeldName, IsNeverHeldTwiceWhileOthersComeAndGo) {
  const TempDir dir;
  std::atomic<int> holders = 0;
  std::atomic<bool> two = false;
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      for (int tries = 0; tries < 300; ++tries) {
        const auto held = HeldName::take(dir / "lock");
        if (!held) continue;
        if (++holders != 1) two = true;
        --holders;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(two);
  EXPECT_EQ(dir.list(), "");
}

TEST(HeldName, FollowsNoLink) {
  const TempDir dir;
  ASSERT_EQ(::symlink("elsewhere", (dir / "lock").c_str()), 0);
  EXPECT_THROW(HeldName::take(dir / "lock"), Error);
  EXPECT_THROW(HeldName::take(dir / "none/lock"), Error);
}

}  // namespace
}  // namespace checkpoint
