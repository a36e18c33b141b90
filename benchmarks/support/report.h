// SPDX-License-Identifier: GPL-2.0-or-later
// Results: a line of text each on standard output, and one of JSON in a file.
#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace bench {

/// Repeats of one measurement.
class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  void add(std::uint64_t value) { values_.push_back(static_cast<double>(value)); }
  void add(std::int64_t value) { values_.push_back(static_cast<double>(value)); }

  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  [[nodiscard]] double min() const;
  [[nodiscard]] double median() const;
  [[nodiscard]] double max() const;

 private:
  std::vector<double> values_;
};

class Report {
 public:
  /// @json: file that lines are appended to; empty: none.
  Report(std::string benchmark, const std::string& json);

  /// One measurement.  Printed is its value times @scale, in @unit.
  void samples(const std::string& name, const Samples& samples, double scale,
               const std::string& unit);

  /// A ratio and the greatest that it should be.
  void goal(const std::string& name, double ratio, double limit);

 private:
  std::string benchmark_;
  std::ofstream json_;
  std::string environment_;
};

}  // namespace bench
