// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/rounds.h"

#include <map>

namespace bench {
namespace {

struct Column {
  std::string unit;
  Samples samples;
};

struct Row {
  std::vector<std::string> metrics;  // in their order
  std::map<std::string, Column> columns;
  std::string failure;

  void add(const Values& values) {
    for (const Value& value : values) {
      Column& column = columns[value.metric];
      if (column.samples.values().empty()) metrics.push_back(value.metric);
      column.unit = value.unit;
      column.samples.add(value.value);
    }
  }
};

}  // namespace

void rounds(const Settings& settings, Results& results, const Case& with,
            const std::vector<Contender>& contenders) {
  std::vector<Row> rows(contenders.size());
  for (unsigned round = 0; round <= settings.repeats(); ++round)
    for (std::size_t n = 0; n < rows.size(); ++n) {
      if (!rows[n].failure.empty()) continue;
      try {
        const Values values = contenders[n].measure();
        if (round != 0) rows[n].add(values);
      } catch (const std::exception& error) {
        if (contenders[n].ours) throw;
        rows[n].failure = error.what();
      }
    }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (!rows[n].failure.empty()) {
      results.skip(with, contenders[n].name, rows[n].failure);
      continue;
    }
    for (const std::string& metric : rows[n].metrics) {
      const Column& column = rows[n].columns[metric];
      results.add(with, contenders[n].name, metric, column.unit, column.samples);
    }
  }
}

}  // namespace bench
