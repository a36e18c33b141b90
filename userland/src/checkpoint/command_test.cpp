// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

SaveCommand command(std::string path) {
  return {.kind = Kind::inc, .start = 0x1000, .end = 0x1fff, .path = std::move(path)};
}

TEST(SaveCommand, IsALine) {
  EXPECT_EQ(command("a file").text(), "inc 0x1000 0x1fff a file\n");
  EXPECT_EQ(forget_text(), "forget\n");
}

TEST(SaveCommand, KeepsASpaceInFrontOfThePath) {
  EXPECT_EQ(command(" file").text(), "inc 0x1000 0x1fff ./ file\n");
}

TEST(SaveCommand, RefusesWhatTheKernelWould) {
  EXPECT_THROW(static_cast<void>(command("").text()), Error);
  EXPECT_THROW(static_cast<void>(command(std::string("a\0b", 3)).text()), Error);
  EXPECT_THROW(static_cast<void>(command(std::string(5000, 'x')).text()), Error);
  SaveCommand reversed = command("x");
  reversed.end = 0xfff;
  EXPECT_THROW(static_cast<void>(reversed.text()), Error);
}

TEST(SaveCommand, ExplainsWhatAnErrnoMeans) {
  const auto failure = [](int error) { return command("FILE").failure(error, 7); };
  EXPECT_STREQ(failure(EEXIST).what(), "FILE: already exists");
  EXPECT_THAT(failure(EEXIST).hint(), HasSubstr("never overwrites"));
  EXPECT_STREQ(failure(ESRCH).what(), "process 7: has ended, or executes another program now");
  EXPECT_THAT(failure(EINVAL).what(), HasSubstr("range 0x1000 to 0x1fff inclusive, file FILE)"));
  EXPECT_THAT(failure(ENOSPC).hint(), HasSubstr("the next inc holds all changes"));
  EXPECT_THAT(failure(ENXIO).what(), HasSubstr("FIFO that nobody reads"));
  EXPECT_STREQ(failure(EIO).what(),
               "process 7: cannot write the checkpoint to FILE: Input/output error");
  EXPECT_STREQ(failure(EAGAIN).what(),
               "process 7: no attempt to capture it succeeded: its pages did not stay in memory, "
               "or one of its threads waited for a file system");
}

// That nothing is lost is to be known wherever the kernel had begun.
TEST(SaveCommand, SaysWhatToDoNowAboutAnErrno) {
  for (const int error : {EEXIST, ELOOP, ENXIO, EPIPE, EISDIR, EOPNOTSUPP, ENOSPC, EDQUOT, EFBIG,
                          EAGAIN, EHWPOISON, EOVERFLOW, EINVAL, EIO, ENOMEM, EINTR, ETIMEDOUT})
    EXPECT_NE(command("FILE").failure(error, 7).hint(), "") << strerrorname_np(error);
  for (const int error : {EPIPE, ENOSPC, EDQUOT, EFBIG, EHWPOISON, EIO, ENOMEM})
    EXPECT_THAT(command("FILE").failure(error, 7).hint(),
                HasSubstr("the next inc holds all changes"))
        << strerrorname_np(error);
}

}  // namespace
}  // namespace checkpoint
