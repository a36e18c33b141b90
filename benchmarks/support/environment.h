// SPDX-License-Identifier: GPL-2.0-or-later
// Where a benchmark ran.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Kernel, processors, memory, what $BENCH_ENVIRONMENT says of the host,
/// and what the clock counts ($BENCH_CLOCK).
std::vector<std::pair<std::string, std::string>> environment();

}  // namespace bench
