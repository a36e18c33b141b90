// SPDX-License-Identifier: GPL-2.0-or-later
// Pages for MAP_HUGETLB.
#pragma once

#include <string>

#include "process.h"
#include "test.h"

namespace test {

/// So many huge pages for as long as this lives.  Skips the case if they cannot be had.
class HugetlbPool {
 public:
  explicit HugetlbPool(int pages) : before_(slurp(file)) {
    if (!exists(file)) SKIP("no hugetlb");
    put(file, std::to_string(pages));
    if (std::stoi(slurp(file)) < pages) {
      put(file, before_);
      SKIP("not enough memory in one piece for huge pages");
    }
  }
  HugetlbPool(const HugetlbPool&) = delete;
  HugetlbPool& operator=(const HugetlbPool&) = delete;
  ~HugetlbPool() { put(file, before_); }

 private:
  static constexpr const char* file = "/proc/sys/vm/nr_hugepages";
  std::string before_;
};

}  // namespace test
