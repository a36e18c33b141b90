// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/heat_text.h"

#include <array>
#include <iomanip>
#include <utility>

#include "checkpoint/text.h"
#include "cpctl/utf8.h"

namespace cpctl {
namespace {

using checkpoint::HeatArea;
using checkpoint::HeatBucket;
using checkpoint::HeatGrid;
using checkpoint::Heatmap;
using checkpoint::kHeatLevels;

/// By heat_level(); the last one ends a strip.
constexpr std::array<std::string_view, kHeatLevels> kBlocks = {" ", "░", "▒", "▓", "█"};
constexpr std::array<std::string_view, kHeatLevels> kAscii = {" ", ".", "-", "+", "#"};
/// Of 256: from blue to red.
constexpr std::array<unsigned, kHeatLevels> kColors = {0, 75, 220, 208, 196};

constexpr std::size_t kLeastStrip = 8;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string_view symbol(unsigned level, const HeatStyle& style) {
  return (style.utf8 ? kBlocks : kAscii).at(level);
}

std::string_view edge(const HeatStyle& style) {
  return style.utf8 ? "│" : "|";
}

/// Characters, a change of colour only where the level changes.
class Strip {
 public:
  explicit Strip(const HeatStyle& style) : style_(style) { text_ = edge(style); }

  void add(unsigned level) {
    if (style_.colors && level != 0 && level != level_) {
      text_ += checkpoint::str("\033[38;5;", kColors.at(level), 'm');
      level_ = level;
    }
    text_ += symbol(level, style_);
  }

  std::string finish() {
    if (level_ != 0) text_ += "\033[0m";
    return std::move(text_) + std::string(edge(style_));
  }

 private:
  const HeatStyle& style_;
  std::string text_;
  unsigned level_ = 0;  ///< whose colour is set
};

std::string heat_strip(const std::vector<HeatBucket>& buckets, std::size_t incs,
                       const HeatStyle& style) {
  Strip strip(style);
  for (const HeatBucket& bucket : buckets)
    strip.add(checkpoint::heat_level(bucket.changes, bucket.pages() * incs));
  return strip.finish();
}

std::size_t strip_width(const HeatStyle& style, std::size_t besides) {
  return style.width > besides + kLeastStrip ? style.width - besides : kLeastStrip;
}

std::string name_text(const HeatArea& area) {
  std::string name = area.name.empty() ? "(anonymous)" : checkpoint::printable(area.name);
  if (area.gone) name += " (gone)";
  return name;
}

/// A line of the table; a name that does not fit has the next line for itself.
void row(std::ostream& out, const HeatStyle& style, const std::array<std::string, 7>& cells) {
  std::ostringstream line;
  line << std::left << std::setw(29) << cells[0] << ' ' << cells[1] << std::right << std::setw(11)
       << cells[2] << std::setw(9) << cells[3] << std::setw(8) << cells[4] << std::setw(9)
       << cells[5];
  const std::string numbers = line.str();
  const std::string& name = cells[6];
  const std::size_t indent = 2;
  const bool fits = numbers.size() + indent + character_count(name) <= style.width;
  const std::size_t room = style.width > indent ? style.width - indent : 0;
  out << numbers << (fits ? "  " : "\n  ") << (fits ? name : end_of(name, room));
  out << '\n';
}

/// "22:13:21", UTC.
std::string clock_text(const checkpoint::Image& image) {
  return checkpoint::time_text(image.info().time_ns).substr(11, 8);
}

std::string inc_text(const HeatGrid::Row& row, const std::vector<checkpoint::Image>& images) {
  std::ostringstream text;
  std::string numbers = std::to_string(images[row.first].info().seq);
  if (row.last != row.first) numbers += '-' + std::to_string(images[row.last].info().seq);
  text << std::setw(7) << numbers << ' ' << clock_text(images[row.last]) << ' ';
  return text.str();
}

char letter(std::size_t area) {
  return area < kLetters.size() ? kLetters[area] : '?';
}

std::string grid_row(const HeatGrid& grid, const HeatGrid::Row& row, const HeatStyle& style) {
  Strip strip(style);
  for (std::size_t n = 0; n < grid.columns.size(); ++n) {
    const auto& column = grid.columns[n];
    const std::uint64_t pages = (column.end - column.start) / checkpoint::kPageSize;
    strip.add(checkpoint::heat_level(row.changes[n], pages * (row.last - row.first + 1)));
  }
  return strip.finish();
}

}  // namespace

void write_heat_legend(std::ostream& out, const HeatStyle& style) {
  constexpr std::array<std::string_view, kHeatLevels> meanings = {"0", "to 1 %", "to 10 %",
                                                                  "to 50 %", "more"};
  out << "share of pages that changed in an inc:";
  for (unsigned level = 0; level < kHeatLevels; ++level) {
    Strip strip(style);
    strip.add(level);
    out << ' ' << strip.finish() << ' ' << meanings.at(level);
  }
  out << '\n';
}

void write_heat_areas(std::ostream& out, const Heatmap& heatmap, const std::vector<HeatArea>& areas,
                      const HeatStyle& style) {
  row(out, style, {"RANGE", "PERM", "SIZE", "CHANGES", "SHARE", "IN INCS", "NAME"});
  const std::size_t width = strip_width(style, 2);
  for (const HeatArea& area : areas) {
    row(out, style,
        {checkpoint::range_text(area.start, area.end), area.protection,
         checkpoint::size_text(area.end - area.start), std::to_string(area.changes),
         checkpoint::share_text(area.changes, area.pages() * heatmap.incs()),
         checkpoint::str(area.incs, '/', heatmap.incs()), name_text(area)});
    out << heat_strip(heatmap.buckets(area, width), heatmap.incs(), style) << '\n';
  }
}

void write_heat_over_time(std::ostream& out, const Heatmap& heatmap,
                          const std::vector<HeatArea>& areas,
                          const std::vector<checkpoint::Image>& images, const HeatStyle& style) {
  constexpr std::size_t kLeft = 17;  // "    SEQ HH:MM:SS "
  constexpr std::size_t kRight = 9;
  const HeatGrid grid = heatmap.grid(areas, strip_width(style, kLeft + 2 + kRight), heatmap.incs());
  for (std::size_t n = 0; n < areas.size(); ++n)
    out << letter(n) << "  " << checkpoint::range_text(areas[n].start, areas[n].end) << ' '
        << areas[n].protection << ' ' << name_text(areas[n]) << '\n';
  out << std::setw(7) << "SEQ" << std::setw(9) << "TIME"
      << "  ";
  for (const HeatGrid::Column& column : grid.columns) out << letter(column.area);
  out << ' ' << std::setw(kRight) << "CHANGES" << '\n';
  for (const HeatGrid::Row& row : grid.rows) {
    std::uint64_t changes = 0;
    for (const std::uint64_t cell : row.changes) changes += cell;
    out << inc_text(row, images) << grid_row(grid, row, style) << std::setw(kRight) << changes
        << '\n';
  }
}

}  // namespace cpctl
