// SPDX-License-Identifier: GPL-2.0-or-later
// A heat map as JSON.
#pragma once

#include "checkpoint/heatmap.h"
#include "cpctl/json.h"

namespace cpctl {

/// The incs of @images, the chain's, and @areas, each in buckets.
void write_heat(Json& json, const checkpoint::Heatmap& heatmap,
                const std::vector<checkpoint::HeatArea>& areas,
                const std::vector<checkpoint::Image>& images);

}  // namespace cpctl
