// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/samples.h"

#include <algorithm>

namespace bench {

double Samples::min() const {
  return *std::min_element(values_.begin(), values_.end());
}

double Samples::max() const {
  return *std::max_element(values_.begin(), values_.end());
}

double Samples::median() const {
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace bench
