// SPDX-License-Identifier: GPL-2.0-or-later
// A heat map as a picture, and as a page with the picture and its figures.
// Neither needs anything else: no script, no font, nothing from outside.
#pragma once

#include <ostream>

#include "checkpoint/heatmap.h"

namespace cpctl {

/// What is drawn.
struct HeatPicture {
  const checkpoint::Heatmap& heatmap;
  const std::vector<checkpoint::HeatArea>& areas;  ///< these, in this order
  const std::vector<checkpoint::Image>& images;    ///< of the chain
};

/// For each area a strip of where in it pages changed and one of when; below
/// them a map of both, incs by addresses.
void write_heat_svg(std::ostream& out, const HeatPicture& picture);

/// The same within a page, and the figures as a table.
void write_heat_html(std::ostream& out, const HeatPicture& picture);

}  // namespace cpctl
