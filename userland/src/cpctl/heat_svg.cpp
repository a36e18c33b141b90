// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/heat_svg.h"

#include <array>

#include "checkpoint/text.h"
#include "cpctl/utf8.h"

namespace cpctl {
namespace {

using checkpoint::heat_level;
using checkpoint::HeatArea;
using checkpoint::HeatBucket;
using checkpoint::HeatGrid;
using checkpoint::kPageSize;
using checkpoint::range_text;
using checkpoint::share_text;
using checkpoint::size_text;
using checkpoint::str;

// Where things are, in the units of the picture.
constexpr std::size_t kMargin = 20;
constexpr std::size_t kWhere = 640;  ///< width of the strips of addresses
constexpr std::size_t kGap = 20;
constexpr std::size_t kWhen = 280;  ///< width of the strips of incs
constexpr std::size_t kWidth = 2 * kMargin + kWhere + kGap + kWhen;
constexpr std::size_t kStrip = 16;  ///< height
constexpr std::size_t kRow = 50;    ///< of an area: its name and its strips
constexpr std::size_t kTop = 114;   ///< of the first area
constexpr std::size_t kLabel = 90;  ///< width of the times beside the map
constexpr std::size_t kMap = kWidth - 2 * kMargin - kLabel;

constexpr std::size_t kColumns = 160;  ///< of a strip
constexpr std::size_t kMapColumns = 200;
constexpr std::size_t kLeastColumns = 8;  ///< of an area in the map
constexpr std::size_t kMostRows = 48;     ///< of the map
constexpr std::size_t kNameLength = 60;

/// Light on white, and the other way round on black; the levels also differ in
/// lightness, for who does not see the hues.
constexpr std::string_view kStyle =
    "text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;font-size:12px;fill:#1b1b1b}"
    ".back{fill:#ffffff}.title{font-size:18px;font-weight:bold}.head{font-weight:bold}"
    ".soft{fill:#555555}.right{text-anchor:end}"
    ".h0{fill:#ececec}.h1{fill:#fed98e}.h2{fill:#fe9929}.h3{fill:#d95f0e}.h4{fill:#8c2d04}"
    ".mark{stroke:#1b1b1b;stroke-width:1}"
    "@media (prefers-color-scheme:dark){text{fill:#ececec}.back{fill:#161616}.soft{fill:#b0b0b0}"
    ".h0{fill:#2f2f2f}.h1{fill:#7f3b08}.h2{fill:#d95f0e}.h3{fill:#fea83f}.h4{fill:#fff0b8}"
    ".mark{stroke:#ececec}}";

std::string name_text(const HeatArea& area) {
  return area.name.empty() ? "(anonymous)" : area.name;
}

class Svg {
 public:
  Svg(std::ostream& out, const HeatPicture& picture)
      : out_(out),
        picture_(picture),
        incs_(picture.heatmap.incs()),
        grid_(picture.heatmap.grid(picture.areas, kMapColumns, kMostRows, kLeastColumns)) {}

  void write() {
    const std::size_t height = kTop + picture_.areas.size() * kRow + map_height() + kMargin;
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << ' ' << height
         << "\" width=\"" << kWidth << "\" height=\"" << height
         << "\" role=\"img\" aria-labelledby=\"heat-title heat-text\">\n"
         << "<title id=\"heat-title\">" << xml_text(title()) << "</title>\n"
         << "<desc id=\"heat-text\">For each mapping, which of its pages changed, and in which "
            "incs. The darker (on a dark background: the lighter), the larger the share of pages "
            "that changed.</desc>\n"
         << "<style>" << kStyle << "</style>\n"
         << "<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n";
    text(kMargin, 34, "title", title());
    text(kMargin, 54, "soft", subtitle());
    legend();
    text(kMargin, kTop - 8, "head", "Where: low addresses left, high ones right");
    text(kMargin + kWhere + kGap, kTop - 8, "head", "When: first inc left, last one right");
    for (std::size_t n = 0; n < picture_.areas.size(); ++n)
      area(picture_.areas[n], n + 1, kTop + n * kRow);
    map(kTop + picture_.areas.size() * kRow);
    out_ << "</svg>\n";
  }

  [[nodiscard]] std::string title() const {
    const checkpoint::Info& info = picture_.images.back().info();
    return str("Memory that changed: process ", info.pid, ", ", incs_,
               incs_ == 1 ? " inc" : " incs");
  }

  [[nodiscard]] std::string subtitle() const {
    const checkpoint::Info& info = picture_.images.back().info();
    return str(range_text(info.start, info.end), ", ",
               checkpoint::time_text(picture_.images.front().info().time_ns).substr(0, 19), " to ",
               checkpoint::time_text(info.time_ns).substr(0, 19), " UTC");
  }

 private:
  void text(std::size_t x, std::size_t y, std::string_view classes, std::string_view content) {
    out_ << "<text x=\"" << x << "\" y=\"" << y << "\" class=\"" << classes << "\">"
         << xml_text(content) << "</text>\n";
  }

  void box(double x, std::size_t y, double width, std::size_t height, unsigned level,
           std::string_view tooltip) {
    out_ << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\""
         << height << "\" class=\"h" << level << '"';
    if (tooltip.empty())
      out_ << "/>\n";
    else
      out_ << "><title>" << xml_text(tooltip) << "</title></rect>\n";
  }

  void legend() {
    constexpr std::array<std::string_view, checkpoint::kHeatLevels> meanings = {
        "none", "to 1 %", "to 10 %", "to 50 %", "more"};
    std::size_t x = kMargin;
    text(x, 75, "", "Share of the pages that changed in an inc:");
    x += 290;
    for (unsigned level = 0; level < meanings.size(); ++level) {
      box(static_cast<double>(x), 64, 18, 13, level, "");
      text(x + 24, 75, "", meanings.at(level));
      x += 90;
    }
  }

  /// Cells side by side in @width, those with @weight(n) as wide as that;
  /// neighbours of one level are one box, and no box is level 0.
  template <typename Weight, typename Level, typename Tooltip>
  void cells(std::size_t x, std::size_t y, std::size_t width, std::size_t height, std::size_t count,
             Weight weight, Level level, Tooltip tooltip) {
    std::uint64_t all = 0;
    for (std::size_t n = 0; n < count; ++n) all += weight(n);
    box(static_cast<double>(x), y, static_cast<double>(width), height, 0, "");
    const auto place = [&](std::uint64_t done) {
      return static_cast<double>(x) +
             static_cast<double>(width) * static_cast<double>(done) / static_cast<double>(all);
    };
    std::uint64_t done = 0;
    for (std::size_t first = 0, last = 0; first < count; first = last) {
      const std::uint64_t start = done;
      for (last = first; last < count && level(last) == level(first); ++last) done += weight(last);
      if (level(first) != 0)
        box(place(start), y, place(done) - place(start), height, level(first),
            tooltip(first, last));
    }
  }

  void area(const HeatArea& area, std::size_t number, std::size_t y) {
    std::string name = end_of(checkpoint::printable(name_text(area)), kNameLength);
    if (area.gone) name += " (not mapped any more)";
    text(kMargin, y + 13, "", str(number, "  ", name));
    text(kMargin + kWhere, y + 13, "soft right",
         str(area.protection, ' ', size_text(area.end - area.start)));
    text(kMargin + kWhere + kGap, y + 13, "soft",
         str(area.changes, " changes, ", share_text(area.changes, area.pages() * incs_), ", in ",
             area.incs, " of ", incs_, " incs"));
    where(area, y + 19);
    when(area, y + 19);
  }

  void where(const HeatArea& area, std::size_t y) {
    const std::vector<HeatBucket> buckets = picture_.heatmap.buckets(area, kColumns);
    cells(
        kMargin, y, kWhere, kStrip, buckets.size(),
        [&](std::size_t n) { return buckets[n].pages(); },
        [&](std::size_t n) { return heat_level(buckets[n].changes, buckets[n].pages() * incs_); },
        [&](std::size_t first, std::size_t last) {
          std::uint64_t changes = 0;
          for (std::size_t n = first; n < last; ++n) changes += buckets[n].changes;
          return tooltip(area, buckets[first].start, buckets[last - 1].end, changes, incs_);
        });
  }

  void when(const HeatArea& area, std::size_t y) {
    const std::vector<std::uint64_t> pages = picture_.heatmap.by_inc(area);
    // Not more cells than can be seen.
    const std::size_t count = std::min(pages.size(), kColumns);
    const auto first_of = [&](std::size_t cell) { return pages.size() * cell / count; };
    const auto sum = [&](std::size_t first, std::size_t last) {
      std::uint64_t changes = 0;
      for (std::size_t n = first_of(first); n < first_of(last); ++n) changes += pages[n];
      return changes;
    };
    cells(
        kMargin + kWhere + kGap, y, kWhen, kStrip, count,
        [](std::size_t) { return std::uint64_t{1}; },
        [&](std::size_t n) {
          return heat_level(sum(n, n + 1), area.pages() * (first_of(n + 1) - first_of(n)));
        },
        [&](std::size_t first, std::size_t last) {
          const std::size_t incs = first_of(last) - first_of(first);
          return str(incs_text(first_of(first) + 1, first_of(last)), ": ", sum(first, last),
                     " changes, ", share_text(sum(first, last), area.pages() * incs));
        });
  }

  /// "inc 3, 2026-01-31T12:00:00"; @first and @last counted from 1.
  [[nodiscard]] std::string incs_text(std::size_t first, std::size_t last) const {
    const auto time = [&](std::size_t n) {
      return checkpoint::time_text(picture_.images[n].info().time_ns).substr(0, 19);
    };
    const auto seq = [&](std::size_t n) { return picture_.images[n].info().seq; };
    if (first == last) return str("inc ", seq(first), ", ", time(first));
    return str("incs ", seq(first), " to ", seq(last), ", ", time(first), " to ", time(last));
  }

  [[nodiscard]] static std::string tooltip(const HeatArea& area, std::uint64_t start,
                                           std::uint64_t end, std::uint64_t changes,
                                           std::size_t incs) {
    return str(end_of(checkpoint::printable(name_text(area)), kNameLength), ' ',
               range_text(start, end), ", ", size_text(end - start), ": ", changes, " changes, ",
               share_text(changes, (end - start) / kPageSize * incs));
  }

  [[nodiscard]] std::size_t row_height() const { return grid_.rows.size() > 16 ? 10 : 16; }
  [[nodiscard]] std::size_t map_height() const {
    return picture_.areas.empty() ? 0 : 58 + grid_.rows.size() * row_height();
  }

  void map(std::size_t y) {
    if (picture_.areas.empty()) {
      text(kMargin, y, "", "Nothing changed.");
      return;
    }
    text(kMargin, y + 18, "head",
         "Where and when: time downwards, the mappings above side by side by their numbers");
    const std::size_t top = y + 48;
    marks(top - 4);
    for (std::size_t n = 0; n < grid_.rows.size(); ++n) map_row(grid_.rows[n], n, top);
  }

  /// Where each area begins, numbered as above.
  void marks(std::size_t y) {
    const double step = static_cast<double>(kMap) / static_cast<double>(grid_.columns.size());
    double free = 0;  // where the next number has room
    for (std::size_t n = 0; n < grid_.columns.size(); ++n) {
      if (n > 0 && grid_.columns[n].area == grid_.columns[n - 1].area) continue;
      const double x = static_cast<double>(kMargin + kLabel) + step * static_cast<double>(n);
      out_ << "<line x1=\"" << x << "\" x2=\"" << x << "\" y1=\"" << y - 4 << "\" y2=\"" << y + 3
           << "\" class=\"mark\"/>\n";
      if (x < free) continue;
      const std::string number = std::to_string(grid_.columns[n].area + 1);
      out_ << "<text x=\"" << x + 3 << "\" y=\"" << y << "\" class=\"soft\">" << number
           << "</text>\n";
      free = x + 9 * static_cast<double>(number.size()) + 5;
    }
  }

  void map_row(const HeatGrid::Row& row, std::size_t n, std::size_t top) {
    const std::size_t height = row_height();
    const std::size_t y = top + n * height;
    const std::size_t every = height < 14 ? 2 : 1;
    if (n % every == 0)
      text(kMargin, y + height - 3, "soft",
           checkpoint::time_text(picture_.images[row.last].info().time_ns).substr(11, 8));
    const std::size_t incs = row.last - row.first + 1;
    const auto pages = [&](std::size_t column) {
      return (grid_.columns[column].end - grid_.columns[column].start) / kPageSize;
    };
    // Neighbours of two areas are never one box: the name would be a lie.
    std::size_t first = 0;
    while (first < grid_.columns.size()) {
      std::size_t last = first;
      while (last < grid_.columns.size() && grid_.columns[last].area == grid_.columns[first].area)
        ++last;
      const double step = static_cast<double>(kMap) / static_cast<double>(grid_.columns.size());
      map_cells(row, first, last, y, step, height - 1, pages, incs);
      first = last;
    }
  }

  template <typename Pages>
  void map_cells(const HeatGrid::Row& row, std::size_t begin, std::size_t end, std::size_t y,
                 double step, std::size_t height, Pages pages, std::size_t incs) {
    const auto place = [step](std::size_t column) {
      return static_cast<double>(kMargin + kLabel) + step * static_cast<double>(column);
    };
    box(place(begin), y, place(end) - place(begin) - 1, height, 0, "");
    const auto level = [&](std::size_t n) { return heat_level(row.changes[n], pages(n) * incs); };
    for (std::size_t first = begin, last = begin; first < end; first = last) {
      std::uint64_t changes = 0;
      for (last = first; last < end && level(last) == level(first); ++last)
        changes += row.changes[last];
      if (level(first) == 0) continue;
      const HeatArea& area = picture_.areas[grid_.columns[first].area];
      box(place(first), y, place(last) - place(first), height, level(first),
          str(incs_text(row.first, row.last), ": ",
              tooltip(area, grid_.columns[first].start, grid_.columns[last - 1].end, changes,
                      incs)));
    }
  }

  std::ostream& out_;
  const HeatPicture& picture_;
  std::size_t incs_;
  HeatGrid grid_;
};

void write_table(std::ostream& out, const HeatPicture& picture) {
  const std::size_t incs = picture.heatmap.incs();
  out << "<div class=\"wide\"><table>\n<caption>The mappings that changed "
         "most</caption>\n<thead><tr>"
         "<th scope=\"col\">Mapping</th><th scope=\"col\">Addresses</th>"
         "<th scope=\"col\">Access</th><th scope=\"col\" class=\"n\">Size</th>"
         "<th scope=\"col\" class=\"n\">Pages changed</th><th scope=\"col\" class=\"n\">Share</th>"
         "<th scope=\"col\" class=\"n\">In incs</th></tr></thead>\n<tbody>\n";
  for (const HeatArea& area : picture.areas)
    out << "<tr><th scope=\"row\">" << xml_text(name_text(area))
        << (area.gone ? " (not mapped any more)" : "") << "</th><td>"
        << range_text(area.start, area.end) << "</td><td>" << area.protection
        << "</td><td class=\"n\">" << size_text(area.end - area.start) << "</td><td class=\"n\">"
        << area.changes << "</td><td class=\"n\">"
        << xml_text(share_text(area.changes, area.pages() * incs)) << "</td><td class=\"n\">"
        << area.incs << " of " << incs << "</td></tr>\n";
  out << "</tbody>\n</table></div>\n";
}

}  // namespace

void write_heat_svg(std::ostream& out, const HeatPicture& picture) {
  Svg(out, picture).write();
}

void write_heat_html(std::ostream& out, const HeatPicture& picture) {
  Svg svg(out, picture);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"
      << xml_text(svg.title())
      << "</title>\n<style>\n"
         "body{font:15px/1.45 'DejaVu Sans',Verdana,Arial,sans-serif;margin:0 auto;padding:0 16px "
         "32px;max-width:1000px;color:#1b1b1b;background:#ffffff}\n"
         "svg{width:100%;height:auto}\n.wide{overflow-x:auto}\n"
         "table{border-collapse:collapse;width:100%;font-size:13px}\n"
         "caption{font-weight:bold;text-align:left;padding:12px 0 6px}\n"
         "th,td{text-align:left;padding:4px 8px;border-bottom:1px solid #c4c4c4;"
         "white-space:nowrap}\ntbody "
         "th{font-weight:normal;white-space:normal;overflow-wrap:anywhere}\n"
         ".n{text-align:right}\n"
         "@media (prefers-color-scheme:dark){body{color:#ececec;background:#161616}"
         "th,td{border-color:#555555}}\n"
         "</style>\n</head>\n<body>\n<main>\n";
  svg.write();
  out << "<p>A page counts as changed in an inc when the inc says something else of it than the "
         "images before. The share is that of all pages of a part in all incs it stands for. "
         "Hold the pointer on a coloured part for its addresses and times.</p>\n";
  write_table(out, picture);
  out << "</main>\n</body>\n</html>\n";
}

}  // namespace cpctl
