// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/undo_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/live_child.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

TEST(UndoLog, PutsBackWhatWasThere) {
  const Area area(600);
  const LiveChild child;
  UndoLog log(4);
  for (const std::size_t n : {3, 0, 599})
    log.append(area.page(n), filled(kPageSize, static_cast<unsigned char>(n)));
  const Process process = child.process();
  ProcessMemory memory(process);
  memory.write(area.page(0), filled(600 * kPageSize, 7));
  EXPECT_EQ(log.put_back(memory).pages_lost, 0U);
  Bytes expected = filled(600 * kPageSize, 7);
  for (const std::size_t n : {3, 0, 599})
    std::fill_n(expected.begin() + n * kPageSize, kPageSize, static_cast<std::byte>(n));
  EXPECT_EQ(child.read(area.range()), expected);
}

TEST(UndoLog, CountsPagesThatAreLost) {
  const Area area(4);
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{5});
  const LiveChild child;
  // Nobody can write to a shared page that is read-only.
  const Area shared(2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
  const LiveChild other;
  UndoLog log(4);
  log.append(shared.page(0), filled(kPageSize, 9));
  log.append(shared.page(1), filled(kPageSize, 0));  // which it holds
  log.append(area.page(1), filled(kPageSize, 6));
  const Process process = other.process();
  ProcessMemory memory(process);
  const UndoLog::Outcome outcome = log.put_back(memory);
  EXPECT_EQ(outcome.pages_lost, 1U);
  EXPECT_EQ(outcome.first_lost, shared.page(0));
  EXPECT_EQ(other.read({area.page(1), area.page(2)}), filled(kPageSize, 6)) << "went on";
}

class NoRoom : public ::testing::Test {
 protected:
  NoRoom() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = 3 * kPageSize, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~NoRoom() override {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }

  template <typename Function>
  std::string failure(Function function) {
    try {
      function();
    } catch (const Error& error) {
      EXPECT_EQ(error.hint(), "TMPDIR names another directory for them");
      return error.what();
    }
    return "";
  }

  rlimit before_{};
};

TEST_F(NoRoom, IsAnErrorBeforeAnythingIsWritten) {
  EXPECT_THAT(failure([] { UndoLog log(5); }),
              HasSubstr("cannot keep the old contents for the case of a failure: File too large"));
}

TEST_F(NoRoom, IsAnErrorWhenItComes) {
  UndoLog log(1);
  const auto append = [&] { log.append(0, filled(kPageSize, 1)); };
  EXPECT_EQ(failure(append), "");
  EXPECT_EQ(failure(append), "");
  EXPECT_THAT(failure(append), HasSubstr("cannot keep the old contents"));
}

TEST(UndoLog, LeavesNoFileInTheDirectoryOfTheUser) {
  const TempDir dir;
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("TMPDIR", dir.path().c_str(), 1);
  {
    UndoLog log(1);
    log.append(0, filled(kPageSize, 1));
    EXPECT_EQ(dir.list(), "");
  }
  ::setenv("TMPDIR", (dir / "none").c_str(), 1);
  EXPECT_THROW(UndoLog log(1), Error);
  before != nullptr ? ::setenv("TMPDIR", saved.c_str(), 1) : ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace checkpoint
