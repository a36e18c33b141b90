// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/heat_json.h"

#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::HeatArea;
using checkpoint::HeatBucket;
using checkpoint::Heatmap;
using checkpoint::hex;
using checkpoint::Image;

constexpr std::size_t kBuckets = 64;

void write_incs(Json& json, const Heatmap& heatmap, const std::vector<Image>& images) {
  json.key("incs").array();
  for (std::size_t n = 1; n < images.size(); ++n)
    json.object()
        .field("image", images[n].name())
        .field("seq", images[n].info().seq)
        .field("time_ns", images[n].info().time_ns)
        .field("time", checkpoint::time_text(images[n].info().time_ns))
        .field("pages_changed", heatmap.changes_in(n))
        .end_object();
  json.end_array();
}

void write_area(Json& json, const Heatmap& heatmap, const HeatArea& area) {
  json.object()
      .field("start", hex(area.start))
      .field("end", hex(area.end))
      .field("protection", area.protection)
      .field("flags", checkpoint::mapping_flags_text(area.flags))
      .field("name", area.name)
      .field("mapped", !area.gone)
      .field("pages", area.pages())
      .field("changes", area.changes)
      .field("incs_changed", area.incs)
      .key("changes_by_inc")
      .array();
  for (const std::uint64_t pages : heatmap.by_inc(area)) json.value(pages);
  json.end_array().key("buckets").array();
  for (const HeatBucket& bucket : heatmap.buckets(area, kBuckets))
    json.object()
        .field("start", hex(bucket.start))
        .field("end", hex(bucket.end))
        .field("changes", bucket.changes)
        .end_object();
  json.end_array().end_object();
}

}  // namespace

void write_heat(Json& json, const Heatmap& heatmap, const std::vector<HeatArea>& areas,
                const std::vector<Image>& images) {
  const checkpoint::Info& info = images.back().info();
  json.object()
      .field("pid", info.pid)
      .field("start", hex(info.start))
      .field("end", hex(info.end))
      .field("page_size", info.page_size);
  write_incs(json, heatmap, images);
  json.field("mappings_changed", heatmap.hottest(SIZE_MAX).size())
      .field("mappings_unchanged", heatmap.areas().size() - heatmap.hottest(SIZE_MAX).size())
      .key("mappings")
      .array();
  for (const HeatArea& area : areas) write_area(json, heatmap, area);
  json.end_array().end_object();
}

}  // namespace cpctl
