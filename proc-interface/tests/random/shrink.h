// SPDX-License-Identifier: GPL-2.0-or-later
// A failure that takes many steps, made one that takes few: delta debugging.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace test::random {

struct ShrinkLimits {
  std::size_t trials = 400;
  std::chrono::seconds time{180};
};

/// Given that @fails with all of 0 ... @count - 1, a part of them, in order,
/// with which it still does; none can be left out unless a limit was met.
std::vector<std::size_t> shrink(std::size_t count,
                                const std::function<bool(const std::vector<std::size_t>&)>& fails,
                                const ShrinkLimits& limits = {});

}  // namespace test::random
