// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl diff A B
#include <iostream>

#include "checkpoint/find_chain.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/diff_report.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Image;
using checkpoint::Snapshot;
using checkpoint::usage_error;

std::uint64_t limit_of(const Options& options) {
  const auto limit = checkpoint::parse_decimal(options.limit);
  if (!limit)
    throw usage_error("--limit takes a number of rows")
        .found("'" + checkpoint::printable(options.limit) + "'");
  return *limit;
}

/// The chain up to @path: of the images beside it and of --chain.
Chain open_point(const std::string& path, const Options& options) {
  Image image = Image::open(path);
  if (image.info().kind == checkpoint::Kind::full) {
    std::vector<Image> alone;
    alone.push_back(std::move(image));
    return Chain::from_images(std::move(alone));
  }
  if (path == "-")
    throw usage_error("an inc on standard input: its parents cannot be looked for beside it");
  std::vector<std::string> candidates = options.chain;
  const std::vector<std::string> beside = checkpoint::files_beside(path);
  candidates.insert(candidates.end(), beside.begin(), beside.end());
  return Chain::open(checkpoint::find_chain(path, candidates));
}

/// Compares checksums; once of an image that both points have.
void verify(const Chain& before, const Chain& after) {
  before.verify();
  for (const Image& image : after.images()) {
    const auto& done = before.images();
    if (std::none_of(done.begin(), done.end(),
                     [&image](const Image& other) { return image.same_as(other); }))
      image.verify();
  }
}

}  // namespace

ExitStatus run_diff(const Options& options) {
  const std::uint64_t limit = limit_of(options);
  for (const std::string& path : options.chain) Image::open(path);  // a wrong name is no help
  const Chain first = open_point(options.arguments[0], options);
  const Chain second = open_point(options.arguments[1], options);
  if (!options.no_verify) verify(first, second);
  const Snapshot before(first), after(second);
  HexRows rows(before, after, limit);
  const DiffReportOptions shown{.pages = options.show_pages, .rows = options.hex ? &rows : nullptr};
  const auto report =
      options.json ? DiffReport::json(std::cout, shown) : DiffReport::text(std::cout, shown);
  report->begin(checkpoint::common_range(before, after));
  checkpoint::diff(before, after, [&report](const checkpoint::DiffRun& run) { report->add(run); });
  report->end();
  return ExitStatus::done;
}

}  // namespace cpctl
