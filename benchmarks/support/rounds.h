// SPDX-License-Identifier: GPL-2.0-or-later
// Rounds in which everybody is measured once, so that what disturbs the machine
// disturbs all.  The first does not count.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/results.h"
#include "support/settings.h"

namespace bench {

/// One result of a round.
struct Value {
  std::string metric, unit;
  double value = 0;
};
using Values = std::vector<Value>;

struct Contender {
  std::string name;
  std::function<Values()> measure;
  bool ours = false;
};

/// One that throws is left out from then on, and its reason is a result; but
/// what ours throws, this does.
void rounds(const Settings& settings, Results& results, const Case& with,
            const std::vector<Contender>& contenders);

}  // namespace bench
