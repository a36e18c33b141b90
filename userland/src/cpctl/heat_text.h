// SPDX-License-Identifier: GPL-2.0-or-later
// A heat map on the terminal.
#pragma once

#include <ostream>

#include "checkpoint/heatmap.h"

namespace cpctl {

struct HeatStyle {
  std::size_t width = 80;
  bool utf8 = false;
  bool colors = false;
};

/// What each character means.
void write_heat_legend(std::ostream& out, const HeatStyle& style);

/// A table of @areas, each with a strip of its addresses below.
void write_heat_areas(std::ostream& out, const checkpoint::Heatmap& heatmap,
                      const std::vector<checkpoint::HeatArea>& areas, const HeatStyle& style);

/// A row for each inc of @images, the chain's; the columns are the addresses
/// of @areas side by side.
void write_heat_over_time(std::ostream& out, const checkpoint::Heatmap& heatmap,
                          const std::vector<checkpoint::HeatArea>& areas,
                          const std::vector<checkpoint::Image>& images, const HeatStyle& style);

}  // namespace cpctl
