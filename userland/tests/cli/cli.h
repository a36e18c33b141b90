// SPDX-License-Identifier: GPL-2.0-or-later
// Runs cpctl as a user does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/test_support/fake_proc.h"
#include "checkpoint/test_support/samples.h"

namespace cpctl {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Paths of what is tested.
extern const char* const cpctl_program;
extern const char* const userland;

/// One word for the shell.
std::string quoted(const std::string& word);

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

/// A directory for the files of a test.
class Cli : public ::testing::Test {
 protected:
  /// Runs cpctl with @arguments.
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const;

  /// The same as run() on the made-up process of @proc.
  [[nodiscard]] static std::vector<std::string> live(const checkpoint::FakeProc& proc,
                                                     std::vector<std::string> arguments);

  /// Runs bash in the directory of path(); cpctl, and $cpctl, is the program.
  [[nodiscard]] Outcome shell(const std::string& script) const;

  /// Writes sample_full() and sample_inc().
  void make_samples() const;

  /// A file of userland/.
  [[nodiscard]] static std::string source(const std::string& name) {
    return userland + ("/" + name);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return dir_ / name; }
  [[nodiscard]] std::string list() const { return dir_.list(); }

 private:
  [[nodiscard]] Outcome execute(const std::string& command) const;

  checkpoint::TempDir dir_;
  checkpoint::TempDir output_;
};

}  // namespace cpctl
