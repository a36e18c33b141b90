// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/heatmap.h"

#include <array>
#include <cstdio>
#include <utility>

#include "checkpoint/search.h"

namespace checkpoint {
namespace {

bool continues(const HeatArea& a, const HeatArea& b) {
  return a.end == b.start && a.protection == b.protection && a.flags == b.flags &&
         a.name == b.name && a.gone == b.gone;
}

/// The areas of @images, newest first: what an older image has mapped besides
/// is gone.
class Areas {
 public:
  explicit Areas(const std::optional<AddressRange>& range) : range_(range) {}

  void add(const Image& image, bool newest) {
    std::vector<HeatArea> fresh;
    for (const Mapping& mapping : image.mappings()) add(mapping, !newest, fresh);
    if (fresh.empty()) return;
    areas_.insert(areas_.end(), std::make_move_iterator(fresh.begin()),
                  std::make_move_iterator(fresh.end()));
    std::sort(areas_.begin(), areas_.end(),
              [](const HeatArea& a, const HeatArea& b) { return a.start < b.start; });
  }

  std::vector<HeatArea> joined() && {
    std::vector<HeatArea> joined;
    for (HeatArea& area : areas_) {
      if (!joined.empty() && continues(joined.back(), area))
        joined.back().end = area.end;
      else
        joined.push_back(std::move(area));
    }
    return joined;
  }

 private:
  /// The parts of @mapping that are in no area yet.
  void add(const Mapping& mapping, bool gone, std::vector<HeatArea>& fresh) const {
    std::uint64_t at = range_ ? std::max(mapping.start, range_->start) : mapping.start;
    const std::uint64_t end = range_ ? std::min(mapping.end, range_->end) : mapping.end;
    for (auto area = first_ending_after(areas_, at); at < end; ++area) {
      const bool last = area == areas_.end() || area->start >= end;
      const std::uint64_t to = last ? end : area->start;
      if (at < to)
        fresh.push_back({.start = at,
                         .end = to,
                         .protection = protection_text(mapping),
                         .flags = mapping.flags,
                         .name = mapping.name,
                         .gone = gone});
      if (last) return;
      at = area->end;
    }
  }

  const std::optional<AddressRange>& range_;
  std::vector<HeatArea> areas_;
};

/// Calls @part(start, end) for what of @changes is in [start, end).
template <typename Part>
void for_each_within(const std::vector<AddressRange>& changes, std::uint64_t start,
                     std::uint64_t end, Part part) {
  for (auto at = first_ending_after(changes, start); at != changes.end() && at->start < end; ++at)
    part(std::max(start, at->start), std::min(end, at->end));
}

std::uint64_t count_pages(const std::vector<AddressRange>& changes, const HeatArea& area) {
  std::uint64_t pages = 0;
  for_each_within(changes, area.start, area.end, [&pages](std::uint64_t from, std::uint64_t to) {
    pages += (to - from) / kPageSize;
  });
  return pages;
}

/// [start, end) in at most @count pieces.
std::vector<HeatBucket> divide(std::uint64_t start, std::uint64_t end, std::size_t count) {
  const std::uint64_t pages = (end - start) / kPageSize;
  const std::uint64_t pieces = std::min<std::uint64_t>(count, pages);
  std::vector<HeatBucket> buckets;
  buckets.reserve(pieces);
  for (std::uint64_t n = 0; n < pieces; ++n)
    buckets.push_back({.start = start + pages * n / pieces * kPageSize,
                       .end = start + pages * (n + 1) / pieces * kPageSize});
  return buckets;
}

/// Calls @count(n, pages) for each of the neighbouring @pieces, n, of which
/// pages are in @changes.
template <typename Piece, typename Count>
void spread(const std::vector<AddressRange>& changes, const std::vector<Piece>& pieces,
            std::size_t first, std::size_t last, Count count) {
  std::size_t n = first;
  for_each_within(
      changes, pieces[first].start, pieces[last - 1].end,
      [&](std::uint64_t from, std::uint64_t to) {
        while (pieces[n].end <= from) ++n;
        for (std::size_t piece = n; piece < last && pieces[piece].start < to; ++piece)
          count(piece, (std::min(to, pieces[piece].end) - std::max(from, pieces[piece].start)) /
                           kPageSize);
      });
}

}  // namespace

Heatmap::Heatmap(const Chain& chain, std::vector<std::vector<AddressRange>> changes,
                 std::optional<AddressRange> range)
    : changes_(std::move(changes)) {
  const std::vector<Image>& images = chain.images();
  Areas areas(range);
  for (std::size_t n = images.size(); n-- > 0;) areas.add(images[n], n + 1 == images.size());
  areas_ = std::move(areas).joined();
  count_changes();
}

void Heatmap::count_changes() {
  for (HeatArea& area : areas_)
    for (const auto& changes : changes_) {
      const std::uint64_t pages = count_pages(changes, area);
      area.changes += pages;
      area.incs += pages != 0 ? 1 : 0;
    }
}

std::uint64_t Heatmap::changes_in(std::size_t n) const {
  std::uint64_t pages = 0;
  for (const HeatArea& area : areas_) pages += count_pages(changes_[n], area);
  return pages;
}

std::vector<HeatArea> Heatmap::hottest(std::size_t count) const {
  std::vector<HeatArea> hot;
  std::copy_if(areas_.begin(), areas_.end(), std::back_inserter(hot),
               [](const HeatArea& area) { return area.changes != 0; });
  std::stable_sort(hot.begin(), hot.end(),
                   [](const HeatArea& a, const HeatArea& b) { return a.changes > b.changes; });
  if (hot.size() > count) hot.resize(count);
  return hot;
}

std::vector<HeatBucket> Heatmap::buckets(const HeatArea& area, std::size_t count) const {
  std::vector<HeatBucket> buckets = divide(area.start, area.end, count);
  for (const auto& changes : changes_)
    spread(changes, buckets, 0, buckets.size(),
           [&](std::size_t n, std::uint64_t pages) { buckets[n].changes += pages; });
  return buckets;
}

std::vector<std::uint64_t> Heatmap::by_inc(const HeatArea& area) const {
  std::vector<std::uint64_t> pages;
  for (std::size_t n = 1; n < changes_.size(); ++n) pages.push_back(count_pages(changes_[n], area));
  return pages;
}

HeatGrid Heatmap::grid(const std::vector<HeatArea>& areas, std::size_t columns, std::size_t rows,
                       std::size_t least) const {
  HeatGrid grid;
  std::uint64_t all = 0;
  for (const HeatArea& area : areas) all += area.pages();
  const std::size_t taken = areas.size() * least;
  const std::uint64_t spare = columns > taken ? columns - taken : 0;
  std::vector<std::size_t> first;  // column of each area
  for (std::size_t n = 0; n < areas.size(); ++n) {
    first.push_back(grid.columns.size());
    // Not pages * spare: a multiple of what is mapped could overflow.
    const double part = static_cast<double>(areas[n].pages()) / static_cast<double>(all);
    const auto width = static_cast<std::size_t>(part * static_cast<double>(spare));
    for (const HeatBucket& bucket : divide(areas[n].start, areas[n].end, least + width))
      grid.columns.push_back({.start = bucket.start, .end = bucket.end, .area = n});
  }
  first.push_back(grid.columns.size());

  const std::size_t count = std::min(rows, incs());
  for (std::size_t row = 0; row < count; ++row) {
    HeatGrid::Row entry{.first = incs() * row / count + 1,
                        .last = incs() * (row + 1) / count,
                        .changes = std::vector<std::uint64_t>(grid.columns.size())};
    for (std::size_t inc = entry.first; inc <= entry.last; ++inc)
      for (std::size_t n = 0; n < areas.size(); ++n)
        spread(changes_[inc], grid.columns, first[n], first[n + 1],
               [&](std::size_t column, std::uint64_t pages) { entry.changes[column] += pages; });
    grid.rows.push_back(std::move(entry));
  }
  return grid;
}

unsigned heat_level(std::uint64_t changes, std::uint64_t possible) {
  if (changes == 0) return 0;
  const double share = static_cast<double>(changes) / static_cast<double>(possible);
  if (share <= 0.01) return 1;
  if (share <= 0.1) return 2;
  return share <= 0.5 ? 3 : 4;
}

std::string share_text(std::uint64_t changes, std::uint64_t possible) {
  if (possible == 0) return "0.0 %";
  const double percent = 100 * static_cast<double>(changes) / static_cast<double>(possible);
  if (changes != 0 && percent < 0.1) return "<0.1 %";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", percent);
  return text.data();
}

}  // namespace checkpoint
