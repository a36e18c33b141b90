// SPDX-License-Identifier: GPL-2.0-or-later
// Repeats of one measurement.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  void add(std::uint64_t value) { values_.push_back(static_cast<double>(value)); }

  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  [[nodiscard]] double min() const;
  [[nodiscard]] double median() const;
  [[nodiscard]] double max() const;

 private:
  std::vector<double> values_;
};

}  // namespace bench
