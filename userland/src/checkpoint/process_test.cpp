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

TEST(Process, SendsACommandOnlyToTheProcessThatItShould) {
  FakeProc proc;
  proc.set_status("");
  const Process process(proc.root(), kFakePid);
  EXPECT_EQ(process.send_if(kFakeStart + 1, "forget\n"), ESRCH);
  EXPECT_EQ(read_file(proc.file("checkpoint")), "");
  EXPECT_EQ(process.send_if(kFakeStart, "forget\n"), 0);
  EXPECT_EQ(read_file(proc.file("checkpoint")), "forget\n");
}

TEST(Process, TellsWhichProcessItIs) {
  FakeProc proc;
  const Process process(proc.root(), kFakePid);
  EXPECT_EQ(process.stat()->start_time, kFakeStart);
  proc.set_stat(5, 'Z');
  EXPECT_TRUE(process.stat()->ended());
  proc.end();
  EXPECT_EQ(process.stat(), std::nullopt);
}

TEST(Process, AStatThatCannotBeReadIsAnError) {
  FakeProc proc;
  write_file(proc.file("stat"), "x");
  try {
    static_cast<void>(Process(proc.root(), kFakePid).stat());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.subject(), proc.file("stat"));
  }
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

TEST(Process, TellsThatThereIsNoMemory) {
  FakeProc proc;
  write_file(proc.file("maps"), "");
  try {
    static_cast<void>(Process(proc.root(), kFakePid).maps());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "process 4321: has no memory: it has ended, or is the kernel's");
  }
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
