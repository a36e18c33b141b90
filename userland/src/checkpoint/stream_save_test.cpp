// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/stream_save.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "checkpoint/test_support/files.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

/// Writes as the kernel does: through a descriptor of its own.
int write_to(const std::string& path, ByteView bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

/// Takes @left bytes, and then no more.
class FullSink : public Sink {
 public:
  explicit FullSink(std::uint64_t left) : left_(left) {}
  void write(ByteView bytes) override {
    if (bytes.size() > left_) throw system_failure("the sink", "write", ENOSPC);
    left_ -= bytes.size();
  }

 private:
  std::uint64_t left_;
};

class StreamSave : public ::testing::Test {
 protected:
  StreamSave() { std::signal(SIGPIPE, SIG_IGN); }
  ~StreamSave() override { std::signal(SIGPIPE, SIG_DFL); }
};

TEST_F(StreamSave, HandsOnEveryByteInOrder) {
  Bytes bytes(5'000'001);
  for (std::size_t n = 0; n < bytes.size(); ++n) bytes[n] = static_cast<std::byte>(n % 251);
  MemorySink sink;
  const StreamOutcome outcome =
      save_to_stream([&](const std::string& path) { return write_to(path, bytes); }, sink);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_FALSE(outcome.broken);
  EXPECT_TRUE(sink.bytes() == bytes);
}

TEST_F(StreamSave, ReturnsTheErrorOfTheSave) {
  MemorySink sink;
  const StreamOutcome outcome = save_to_stream(
      [](const std::string& path) {
        write_to(path, filled(10, 'x'));
        return EIO;
      },
      sink);
  EXPECT_EQ(outcome.error, EIO);
  EXPECT_FALSE(outcome.broken);
}

TEST_F(StreamSave, EndsWhenNothingIsWritten) {
  MemorySink sink;
  EXPECT_EQ(save_to_stream([](const std::string&) { return ESRCH; }, sink).error, ESRCH);
  EXPECT_TRUE(sink.bytes().empty());
}

TEST_F(StreamSave, ASinkThatFailsMakesTheSaveFail) {
  FullSink sink(1'000'000);
  const StreamOutcome outcome = save_to_stream(
      [](const std::string& path) { return write_to(path, filled(20'000'000, 'x')); }, sink);
  EXPECT_EQ(outcome.error, EPIPE);
  ASSERT_TRUE(outcome.broken);
  EXPECT_EQ(outcome.broken->system_errno(), ENOSPC);
}

TEST_F(StreamSave, ASinkThatFailsTooLateIsToldToo) {
  FullSink sink(0);
  const StreamOutcome outcome =
      save_to_stream([](const std::string& path) { return write_to(path, filled(10, 'x')); }, sink);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_TRUE(outcome.broken);
}

TEST_F(StreamSave, WhatTheSaveThrowsIsThrown) {
  MemorySink sink;
  EXPECT_THROW(save_to_stream([](const std::string&) -> int { throw usage_error("wrong"); }, sink),
               Error);
}

}  // namespace
}  // namespace checkpoint
