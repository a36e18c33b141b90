// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/sink.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

TEST(FdSource, WaitsForAPipeThatDoesNotBlock) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  std::thread writer([in = ends[1]] {
    ::usleep(50'000);
    FdSink(in, "pipe").write(filled(1'000'000, 'x'));
    ::close(in);
  });
  FdSource source(ends[0], "pipe");
  Bytes buffer(65536);
  std::size_t all = 0;
  EXPECT_NO_THROW(while (const std::size_t got = source.read(buffer)) all += got);
  ::close(ends[0]);
  writer.join();
  EXPECT_EQ(all, 1'000'000U);
}

TEST(FdSource, GoesOnAfterASignal) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};  // no SA_RESTART
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::thread writer([in = ends[1], reader = ::pthread_self()] {
    for (int n = 0; n < 20; ++n) {
      ::usleep(5000);
      ::pthread_kill(reader, SIGUSR1);
    }
    FdSink(in, "pipe").write(filled(3, 'x'));
  });
  Bytes buffer(10);
  std::size_t got = 0;
  EXPECT_NO_THROW(got = FdSource(ends[0], "pipe").read(buffer));
  writer.join();
  EXPECT_EQ(got, 3U);
  ::sigaction(SIGUSR1, &before, nullptr);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(FdSource, WhatCannotBeReadIsAnError) {
  Bytes buffer(1);
  EXPECT_THROW(FdSource(-1, "nowhere").read(buffer), Error);
}

}  // namespace
}  // namespace checkpoint
