// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/signals.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "checkpoint/image.h"
#include "checkpoint/output_file.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace cpctl {
namespace {

using checkpoint::OutputFile;

TEST(Signals, NoTemporaryFileIsLeft) {
  const checkpoint::TempDir dir;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(
        {
          const OutputFile out(dir / "out", OutputFile::IfExists::refuse);
          handle_signals();
          std::raise(signal);
        },
        ::testing::KilledBySignal(signal), "");
    EXPECT_EQ(dir.list(), "");
  }
}

TEST(Signals, WhatIsIgnoredStaysIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        handle_signals();
        std::raise(SIGHUP);
        ::_exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(Signals, TheKernelsWriteEndsByASignalThatKills) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        handle_signals();
        let_signals_kill();
        const bool kill = std::signal(SIGINT, SIG_DFL) == SIG_DFL &&
                          std::signal(SIGTERM, SIG_DFL) == SIG_DFL &&
                          std::signal(SIGHUP, SIG_IGN) == SIG_IGN;
        ::_exit(kill ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(Signals, AnImageThatIsShortenedMeanwhileIsAnErrorWithAName) {
  const checkpoint::TempDir dir;
  checkpoint::sample_full().write_to(dir / "image");
  EXPECT_EXIT(
      {
        handle_signals();
        const auto image = checkpoint::Image::open(dir / "image");
        if (::truncate((dir / "image").c_str(), 4096) == 0) image.verify();
      },
      ::testing::ExitedWithCode(3), "it changed meanwhile");
}

}  // namespace
}  // namespace cpctl
