// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/range_option.h"

#include "checkpoint/error.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace cpctl {

using checkpoint::AddressRange;
using checkpoint::usage_error;

std::optional<AddressRange> range_of(const Options& options) {
  if (options.range.empty()) return std::nullopt;
  const auto range = checkpoint::parse_range(options.range);
  if (!range)
    throw usage_error("--range takes A-B in hex, A below B")
        .found("'" + checkpoint::printable(options.range) + "'");
  return range;
}

std::optional<AddressRange> range_of(const Options& options, const checkpoint::Process& process) {
  if (options.map_name.empty()) return range_of(options);
  return process.find_mapping(options.map_name);
}

}  // namespace cpctl
