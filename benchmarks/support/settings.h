// SPDX-License-Identifier: GPL-2.0-or-later
// How much a benchmark does, and its main().
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "support/results.h"

namespace bench {

enum class Profile {
  smoke,  ///< seconds: only whether it works
  quick,  ///< all questions in ten minutes
  full,   ///< in an hour
};

constexpr std::size_t kMiB = 1 << 20;

struct Settings {
  Profile profile = Profile::full;
  std::string dir = "/tmp";  ///< where files are written
  std::string disk;          ///< directory on a disk; empty: there is none
  std::string json;

  template <typename T>
  [[nodiscard]] T pick(T smoke, T quick, T full) const {
    return profile == Profile::smoke ? smoke : profile == Profile::quick ? quick : full;
  }
  [[nodiscard]] unsigned repeats() const { return pick(1U, 3U, 5U); }
  /// Whether there is time for peers that start programs.
  [[nodiscard]] bool slow() const { return profile != Profile::smoke; }
  /// A path in @dir that nobody else uses.
  [[nodiscard]] std::string path() const { return dir + "/bench"; }
};

/// Reads [--smoke|--quick|--full] [--dir DIR] [--disk DIR] [--json FILE], and
/// runs @body.  Returns the exit status.
int run(int argc, char** argv, const std::string& question,
        const std::function<void(const Settings&, Results&)>& body);

}  // namespace bench
