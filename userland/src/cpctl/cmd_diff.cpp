// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl diff A B
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "checkpoint/find_chain.h"
#include "checkpoint/image_range.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/diff_report.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"

namespace cpctl {
namespace {

using checkpoint::AddressRange;
using checkpoint::Chain;
using checkpoint::Image;
using checkpoint::Snapshot;
using checkpoint::usage_error;

/// Rows of --hex.
std::uint64_t limit_of(const Options& options) {
  const auto limit = checkpoint::parse_decimal(options.limit);
  if (!limit)
    throw usage_error("--limit takes a number of rows")
        .found("'" + checkpoint::printable(options.limit) + "'");
  return *limit;
}

/// The chain up to @path: of the images beside it and of --chain.
Chain open_point(const std::string& path, const Options& options, ByteProgress& progress) {
  Image image = Image::open(path, progress);
  if (image.info().kind == checkpoint::Kind::full) {
    std::vector<Image> alone;
    alone.push_back(std::move(image));
    return Chain::from_images(std::move(alone));
  }
  if (path == "-")
    throw usage_error("an inc on standard input: its parents cannot be looked for beside it")
        .hint("save it to a file beside them first");
  std::vector<std::string> candidates = options.chain;
  const std::vector<std::string> beside = checkpoint::files_beside(path);
  candidates.insert(candidates.end(), beside.begin(), beside.end());
  return Chain::open(checkpoint::find_chain(path, candidates));
}

/// Compares checksums; once of an image that both points have.
void verify(const Chain& before, const Chain& after, ByteProgress& progress) {
  const auto& first = before.images();
  std::vector<const Image*> images;
  for (const Image& image : first) images.push_back(&image);
  for (const Image& image : after.images())
    if (std::none_of(first.begin(), first.end(),
                     [&image](const Image& other) { return image.same_as(other); }))
      images.push_back(&image);
  std::uint64_t total = 0;
  for (const Image* image : images) total += image->file_size();
  progress.begin("verifying", total);
  for (const Image* image : images) image->verify(progress.advanced());
}

/// What both points are about, of it what --range or --map says.
AddressRange range_of(const Chain& before, const Chain& after, const Options& options) {
  const Image& first = before.newest();
  const Image& second = after.newest();
  const AddressRange common = common_range(first, second);
  const auto asked = range_of(options, first, second);
  if (!asked) return common;
  check_mapped({&first, &second}, *asked);
  const AddressRange range{.start = std::max(asked->start, common.start),
                           .end = std::min(asked->end, common.end)};
  if (range.start < range.end) return range;
  throw checkpoint::Error(checkpoint::Error::Kind::failed, second.name(),
                          "this range is not one that both points are about")
      .found(checkpoint::range_text(asked->start, asked->end))
      .expected("some of " + checkpoint::range_text(common.start, common.end));
}

void print_differences(const Snapshot& before, const Snapshot& after, const AddressRange& range,
                       const Options& options, ByteProgress& progress) {
  HexRows rows(before, after, limit_of(options));
  const DiffReportOptions shown{.pages = options.show_pages, .rows = options.hex ? &rows : nullptr};
  const auto report =
      options.json ? DiffReport::json(std::cout, shown) : DiffReport::text(std::cout, shown);
  const auto add = [&](const checkpoint::DiffRun& run) {
    progress.print([&] { report->add(run); });
  };
  progress.begin("comparing", bytes_to_compare(before, after, range));
  progress.print([&] { report->begin(range); });
  checkpoint::diff(before, after, range, add, progress.advanced());
  progress.print([&] { report->end(); });
}

}  // namespace

ExitStatus run_diff(const Options& options) {
  check_page_range(options);  // usage first
  limit_of(options);
  for (const std::string& path : options.chain) {
    if (path == "-") throw usage_error("--chain takes the name of a file").found("-");
    Image::open(path);  // a wrong name is no help
  }
  // JSON has lines that are not whole yet: nothing can be drawn below these.
  ByteProgress progress(options.quiet || (options.json && ::isatty(STDOUT_FILENO) != 0));
  const Chain first = open_point(options.arguments[0], options, progress);
  const Chain second = open_point(options.arguments[1], options, progress);
  const AddressRange range = range_of(first, second, options);
  if (!options.no_verify) verify(first, second, progress);
  print_differences(Snapshot(first), Snapshot(second), range, options, progress);
  return ExitStatus::done;
}

}  // namespace cpctl
