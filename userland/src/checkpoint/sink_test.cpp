// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(FdSink, WaitsForAPipeThatDoesNotBlock) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  std::size_t read = 0;
  std::thread reader([&, out = ends[0]] {
    ::fcntl(out, F_SETFL, 0);
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    while ((got = ::read(out, buffer.data(), buffer.size())) > 0)
      read += static_cast<std::size_t>(got);
  });
  EXPECT_NO_THROW(FdSink(ends[1], "pipe").write(filled(1'000'000, 'x')));
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(read, 1'000'000U);
}

TEST(FdSink, WhatCannotBeWrittenIsAnError) {
  EXPECT_THROW(FdSink(-1, "nowhere").write(filled(1, 'x')), Error);
}

}  // namespace
}  // namespace checkpoint
