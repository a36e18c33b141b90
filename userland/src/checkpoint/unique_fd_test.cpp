// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace checkpoint {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int some_fd() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(UniqueFd, ClosesAtTheEnd) {
  const int fd = some_fd();
  { const UniqueFd owner(fd); }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, MovesOwnership) {
  const int fd = some_fd();
  UniqueFd first(fd);
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), fd);
  first = std::move(second);
  EXPECT_EQ(first.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, SurvivesSelfAssignment) {
  UniqueFd owner(some_fd());
  UniqueFd& same = owner;
  owner = std::move(same);
  EXPECT_TRUE(is_open(owner.get()));
}

TEST(UniqueFd, ReleaseGivesUpOwnership) {
  UniqueFd owner(some_fd());
  const int fd = owner.release();
  owner.reset();
  EXPECT_TRUE(is_open(fd));
  ::close(fd);
}

}  // namespace
}  // namespace checkpoint
