// SPDX-License-Identifier: GPL-2.0-or-later
// Results: a line of text each on standard output, and one of JSON in a file.
// benchmarks/report reads that file.
#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "support/samples.h"

namespace bench {

/// What was varied, as "mib" = "1024".
using Case = std::vector<std::pair<std::string, std::string>>;

class Results {
 public:
  /// @json: file that lines are appended to; empty: none.
  Results(std::string question, const std::string& json);

  /// @unit "ns" and "bytes" are printed as milliseconds and MiB.
  void add(const Case& with, const std::string& subject, const std::string& metric,
           const std::string& unit, const Samples& samples);

  /// Why there is no such result.
  void skip(const Case& with, const std::string& subject, const std::string& reason);

  /// The last line: the question was answered.
  void complete();

 private:
  void line(const std::string& rest);

  std::string question_;
  std::ofstream json_;
};

/// The line of JSON that says where it is measured.
std::string environment_line(const std::string& profile);

}  // namespace bench
