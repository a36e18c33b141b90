// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl heatmap FULL INC...
#include <iostream>
#include <optional>
#include <sstream>
#include <utility>

#include "checkpoint/image_range.h"
#include "checkpoint/output_file.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/heat_json.h"
#include "cpctl/heat_svg.h"
#include "cpctl/heat_text.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"
#include "cpctl/terminal.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Compare;
using checkpoint::HeatArea;
using checkpoint::Heatmap;
using checkpoint::ImageHead;
using checkpoint::OutputFile;
using checkpoint::usage_error;

/// More cannot be told apart side by side on a terminal.
constexpr std::uint64_t kMostSideBySide = 52;

bool colors_of(const Options& options) {
  if (options.color == "always") return true;
  if (options.color == "never") return false;
  if (options.color == "auto") return output_has_colors();
  throw usage_error("--color takes auto, always or never")
      .found("'" + checkpoint::printable(options.color) + "'");
}

void check_usage(const Options& options) {
  check_page_range(options);
  colors_of(options);
  if (int{options.svg} + int{options.html} + int{options.json} > 1)
    throw usage_error("give one of --svg, --html and --json");
  const bool picture = options.svg || options.html;
  if (picture && options.output.empty()) throw usage_error("-o FILE is missing");
  if (!picture && !options.output.empty())
    throw usage_error("-o FILE is for --svg and --html")
        .found("'" + checkpoint::printable(options.output) + "'");
}

void write_picture(const HeatPicture& picture, const Options& options) {
  std::ostringstream text;
  if (options.svg)
    write_heat_svg(text, picture);
  else
    write_heat_html(text, picture);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  const std::string content = text.str();
  out.write(std::as_bytes(std::span(content.data(), content.size())));
  out.commit();
}

Chain open_chain(const Options& options, ByteProgress& progress) {
  Chain chain = Chain::open(options.arguments, progress);
  if (!options.no_verify) verify(chain, progress);
  return chain;
}

std::vector<const ImageHead*> heads_of(const Chain& chain) {
  std::vector<const ImageHead*> heads;
  for (const ImageHead& image : chain.images()) heads.push_back(&image);
  return heads;
}

Heatmap make(const Chain& chain, const Options& options, ByteProgress& progress) {
  const auto range = range_of(options, chain.newest());
  if (range) check_mapped(heads_of(chain), *range);
  std::uint64_t bytes = 0;
  for (std::size_t n = 1; n < chain.images().size(); ++n)
    bytes += chain.images()[n].info().pages_data * checkpoint::kPageSize;
  progress.begin("comparing", bytes);
  const Compare compare = options.compare ? Compare::all : Compare::where_needed;
  return {chain, find_changes(chain, compare, progress.advanced()), range};
}

void print_rest(const Heatmap& heatmap, std::size_t shown) {
  const std::size_t changed = heatmap.hottest(SIZE_MAX).size();
  if (changed == 0) std::cout << "nothing changed\n";
  if (changed > shown)
    std::cout << "and " << changed - shown << " more that changed: --top shows more\n";
  if (heatmap.areas().size() > changed)
    std::cout << "not shown: " << heatmap.areas().size() - changed << " that did not change\n";
}

void print(const Heatmap& heatmap, const Chain& chain, const Options& options) {
  const HeatStyle style{.width = output_width(),
                        .utf8 = !options.ascii && output_is_utf8(),
                        .colors = colors_of(options)};
  const std::uint64_t top =
      options.over_time ? std::min(options.top, kMostSideBySide) : options.top;
  const std::vector<HeatArea> areas = heatmap.hottest(top);
  if (!areas.empty()) {
    write_heat_legend(std::cout, style);
    if (options.over_time)
      write_heat_over_time(std::cout, heatmap, areas, chain.images(), style);
    else
      write_heat_areas(std::cout, heatmap, areas, style);
  }
  print_rest(heatmap, areas.size());
}

}  // namespace

ExitStatus run_heatmap(const Options& options) {
  check_usage(options);
  std::optional<ByteProgress> progress(std::in_place, options.quiet);
  const Chain chain = open_chain(options, *progress);
  const Heatmap heatmap = make(chain, options, *progress);
  progress.reset();  // before there is more on the terminal
  if (options.json) {
    Json json(std::cout);
    write_heat(json, heatmap, heatmap.hottest(options.top), chain.images());
  } else if (options.svg || options.html) {
    write_picture({heatmap, heatmap.hottest(options.top), chain.images()}, options);
  } else {
    print(heatmap, chain, options);
  }
  return ExitStatus::done;
}

}  // namespace cpctl
