// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/range_option.h"

#include "checkpoint/error.h"
#include "checkpoint/image_range.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::AddressRange;
using checkpoint::kPageSize;
using checkpoint::usage_error;
using Range = std::optional<AddressRange>;

/// --range; nullopt: not given.
Range given_range(const Options& options) {
  if (options.range.empty()) return std::nullopt;
  const auto range = checkpoint::parse_range(options.range);
  if (!range)
    throw usage_error("--range takes A-B in hex, A below B")
        .found("'" + checkpoint::printable(options.range) + "'");
  return range;
}

}  // namespace

void check_range(const Options& options) {
  if (!options.range.empty() && !options.map_name.empty())
    throw usage_error("give the range once: --range or --map");
  given_range(options);
}

void check_page_range(const Options& options) {
  check_range(options);
  const Range range = given_range(options);
  if (!range || (range->start % kPageSize == 0 && range->end % kPageSize == 0)) return;
  throw usage_error("--range is not made of whole pages")
      .found(checkpoint::range_text(range->start, range->end))
      .expected(checkpoint::str("multiples of ", checkpoint::hex(kPageSize)));
}

Range range_of(const Options& options, const checkpoint::Process& process) {
  if (options.map_name.empty()) return given_range(options);
  return process.find_mapping(options.map_name);
}

Range range_of(const Options& options, const checkpoint::ImageHead& image) {
  if (options.map_name.empty()) return given_range(options);
  return find_mapping(image, options.map_name);
}

Range range_of(const Options& options, const checkpoint::ImageHead& before,
               const checkpoint::ImageHead& after) {
  if (options.map_name.empty()) return given_range(options);
  return find_mapping(before, after, options.map_name);
}

}  // namespace cpctl
