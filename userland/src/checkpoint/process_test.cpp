// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "checkpoint/test_support/fake_proc.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

Error failure(const Process& process) {
  try {
    static_cast<void>(process.status());
  } catch (const Error& error) {
    return error;
  }
  return {Error::Kind::usage, "", "no error"};
}

TEST(Process, ReadsTheStatus) {
  FakeProc proc;
  proc.set_status(fake_status());
  EXPECT_EQ(Process(proc.root(), kFakePid).status().ranges.size(), 2U);
}

TEST(Process, SendsACommand) {
  FakeProc proc;
  proc.serve(fake_status());
  const Process process(proc.root(), kFakePid);
  EXPECT_EQ(process.send("forget\n"), 0);
  EXPECT_EQ(process.status().state, "idle");
  EXPECT_EQ(proc.served(), "forget\n");
}

TEST(Process, GivesTheErrnoOfACommand) {
  FakeProc proc;
  proc.fail_writes();
  EXPECT_EQ(Process(proc.root(), kFakePid).send("forget\n"), ENOSPC);
}

TEST(Process, TellsAKernelWithoutTheInterface) {
  FakeProc proc;
  const Error error = failure(Process(proc.root(), kFakePid));
  EXPECT_EQ(error.kind(), Error::Kind::no_interface);
  EXPECT_THAT(error.what(), HasSubstr("this kernel has no checkpoint interface"));
}

TEST(Process, TellsThatThereIsNoSuchProcess) {
  FakeProc proc;
  const Error error = failure(Process(proc.root(), kFakePid + 1));
  EXPECT_EQ(error.kind(), Error::Kind::failed);
  EXPECT_STREQ(error.what(), "process 4322: there is no such process");
}

TEST(Process, CountsThePagesOfEachMapping) {
  FakeProc proc;
  const Process process(proc.root(), kFakePid);
  const auto mappings = process.maps();
  const auto counts = process.page_counts(mappings);
  ASSERT_EQ(counts.size(), 8U);
  EXPECT_EQ(counts[0], (PageCounts{.resident = 2, .swapped = 0, .changed = 0}));
  EXPECT_EQ(counts[1], (PageCounts{.resident = 1, .swapped = 0, .changed = 1}));
  EXPECT_EQ(counts[2], (PageCounts{.resident = 2, .swapped = 1, .changed = 2}));
  EXPECT_EQ(counts[7], PageCounts{}) << "vsyscall is not in pagemap";
}

TEST(Process, CountsThePagesOfThisProcess) {
  const Process process("/proc", static_cast<std::uint64_t>(::getpid()));
  const auto counts = process.page_counts(process.maps());
  std::uint64_t resident = 0;
  for (const PageCounts& count : counts) resident += count.resident;
  EXPECT_GT(resident, 100U);
}

TEST(Process, KnowsItsThreads) {
  const Process process("/proc", static_cast<std::uint64_t>(::getpid()));
  const auto threads = process.threads();
  EXPECT_NE(std::find(threads.begin(), threads.end(), ::getpid()), threads.end());
  const auto thread = process.thread(::getpid());
  ASSERT_TRUE(thread);
  EXPECT_EQ(thread->state, 'R');
  EXPECT_FALSE(process.thread(INT32_MAX));
}

TEST(Process, KnowsWhenItStarted) {
  FakeProc proc;
  const Process process(proc.root(), kFakePid);
  write_file(proc.file("stat"),
             "4321 (a) 9 (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21\n");
  EXPECT_EQ(process.start_ticks(), 777U);
  for (const char* bad : {"", "4321 (a", "4321 (a) S 1 2",
                          "4321 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 "
                          "13 14 15 16 17 18 x 20\n"}) {
    write_file(proc.file("stat"), bad);
    EXPECT_THROW(static_cast<void>(process.start_ticks()), Error) << bad;
  }
}

TEST(Process, KnowsItsOwnMappingsWithTheirFlags) {
  const Process process("/proc", static_cast<std::uint64_t>(::getpid()));
  const auto mappings = process.live_mappings();
  const auto stack = std::find_if(mappings.begin(), mappings.end(),
                                  [](const auto& mapping) { return mapping.name == "[stack]"; });
  ASSERT_NE(stack, mappings.end());
  EXPECT_TRUE(stack->has(PROC_CHECKPOINT_MAP_GROWSDOWN));
}

}  // namespace
}  // namespace checkpoint
