// SPDX-License-Identifier: GPL-2.0-or-later
// How often which memory changed over a chain.
//
// A "change" is one page that changed in one inc, as changes.h has it.  The
// share of some pages is their changes, of those that were possible: in every
// inc each of them.
#pragma once

#include <optional>

#include "checkpoint/changes.h"

namespace checkpoint {

/// Neighbouring mappings with the same name, protection and flags; and the same
/// of what is not mapped any more at the end of the chain.
struct HeatArea {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string protection;
  std::uint32_t flags = 0;
  std::string name;
  bool gone = false;          ///< not in the newest map
  std::uint64_t changes = 0;  ///< in all incs
  std::uint64_t incs = 0;     ///< in which some of it changed

  [[nodiscard]] std::uint64_t pages() const { return (end - start) / kPageSize; }
};

/// Some neighbouring pages of an area.
struct HeatBucket {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t changes = 0;

  [[nodiscard]] std::uint64_t pages() const { return (end - start) / kPageSize; }
};

/// Incs by addresses.
struct HeatGrid {
  struct Column {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::size_t area = 0;  ///< index into the areas it was asked for
  };
  struct Row {
    std::size_t first = 0;  ///< inc, counted from 1
    std::size_t last = 0;
    std::vector<std::uint64_t> changes;  ///< of each column
  };
  std::vector<Column> columns;
  std::vector<Row> rows;
};

class Heatmap {
 public:
  /// @changes as find_changes() has them; only what is in @range counts.
  Heatmap(const Chain& chain, std::vector<std::vector<AddressRange>> changes,
          std::optional<AddressRange> range = std::nullopt);

  /// All memory that was mapped at some time of the chain, ascending.
  [[nodiscard]] const std::vector<HeatArea>& areas() const { return areas_; }
  /// The incs of the chain.
  [[nodiscard]] std::size_t incs() const { return changes_.size() - 1; }
  /// How many pages changed in inc @n, counted from 1.
  [[nodiscard]] std::uint64_t changes_in(std::size_t n) const;

  /// The areas that changed at all, most changes first, at most @count.
  [[nodiscard]] std::vector<HeatArea> hottest(std::size_t count) const;

  /// @area in @count buckets of the same size (to a page), low addresses
  /// first; fewer where it has fewer pages.
  [[nodiscard]] std::vector<HeatBucket> buckets(const HeatArea& area, std::size_t count) const;

  /// How many pages of @area changed in each inc.
  [[nodiscard]] std::vector<std::uint64_t> by_inc(const HeatArea& area) const;

  /// @areas side by side in @columns columns or a few more, each area in @least
  /// at least and else by its size; fewer where it has fewer pages.  Several
  /// incs share a row where there are more than @rows.
  [[nodiscard]] HeatGrid grid(const std::vector<HeatArea>& areas, std::size_t columns,
                              std::size_t rows, std::size_t least = 1) const;

 private:
  void count_changes();

  std::vector<std::vector<AddressRange>> changes_;
  std::vector<HeatArea> areas_;
};

/// 0: nothing changed; else 1 to 4: shares up to 1 %, 10 %, 50 %, 100 %.
inline constexpr unsigned kHeatLevels = 5;
unsigned heat_level(std::uint64_t changes, std::uint64_t possible);

/// "12.5 %"; "<0.1 %".
std::string share_text(std::uint64_t changes, std::uint64_t possible);

}  // namespace checkpoint
