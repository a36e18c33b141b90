// SPDX-License-Identifier: GPL-2.0-or-later
#include "shrink.h"

#include <algorithm>
#include <numeric>

namespace test::random {

std::vector<std::size_t> shrink(std::size_t count,
                                const std::function<bool(const std::vector<std::size_t>&)>& fails,
                                const ShrinkLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + limits.time;
  std::size_t trials = 0;
  std::vector<std::size_t> kept(count);
  std::iota(kept.begin(), kept.end(), std::size_t{0});

  // Leaves out pieces, from the end since what comes last matters least often
  // to what comes before; smaller ones once no piece of a size can go.
  for (std::size_t size = (count + 1) / 2; size > 0;) {
    bool any = false;
    for (std::size_t end = kept.size(); end > 0;) {
      if (++trials > limits.trials || std::chrono::steady_clock::now() > deadline) return kept;
      const std::size_t start = end > size ? end - size : 0;
      std::vector<std::size_t> rest;
      for (std::size_t i = 0; i < kept.size(); i++)
        if (i < start || i >= end) rest.push_back(kept[i]);
      if (fails(rest)) {
        kept = std::move(rest);
        any = true;
      }
      end = start;
    }
    if (size == 1 && !any) break;
    size = size == 1 ? 1 : size / 2;
  }
  return kept;
}

}  // namespace test::random
