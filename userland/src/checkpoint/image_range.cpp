// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_range.h"

#include <algorithm>
#include <iterator>

#include "checkpoint/search.h"
#include "checkpoint/standard_input.h"

namespace checkpoint {
namespace {

std::string mappings_hint(const ImageHead& image) {
  const bool input = image.name() == kStandardInputName;
  return str("'cpctl info --mappings ", input ? kStandardInput : printable(image.name()),
             "' lists its mappings");
}

/// The mappings next to @range, in which nothing is.
std::string neighbours_text(const std::vector<Mapping>& mappings, const AddressRange& range) {
  const auto above = first_ending_after(mappings, range.start);
  std::string text;
  if (above != mappings.begin())
    text = str(range_text((above - 1)->start, (above - 1)->end), " below");
  if (above != mappings.end())
    text += str(text.empty() ? "" : " or ", range_text(above->start, above->end), " above");
  return text.empty() ? "a mapping, and there is none at all" : "some of " + text;
}

AddressRange find_among(const std::vector<Mapping>& mappings, std::string_view name,
                        const ImageHead& image) {
  return with_subject(image.name(),
                      [&] { return find_mapping(mappings, name, mappings_hint(image)); });
}

}  // namespace

AddressRange find_mapping(const ImageHead& image, std::string_view name) {
  return find_among(image.mappings(), name, image);
}

AddressRange find_mapping(const ImageHead& before, const ImageHead& after, std::string_view name) {
  std::vector<Mapping> both;
  std::merge(before.mappings().begin(), before.mappings().end(), after.mappings().begin(),
             after.mappings().end(), std::back_inserter(both),
             [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  return find_among(both, name, after);
}

void check_mapped(const std::vector<const ImageHead*>& images, const AddressRange& range) {
  const auto overlaps = [&range](const auto& part) {
    return part.start < range.end && range.start < part.end;
  };
  for (const ImageHead* image : images)
    if (std::any_of(image->mappings().begin(), image->mappings().end(), overlaps)) return;
  const ImageHead& image = *images.back();
  const bool known = overlaps(image.info());
  throw Error(Error::Kind::failed, image.name(),
              known ? "nothing was mapped in this range" : "the image is not about this range")
      .found(range_text(range.start, range.end))
      .expected(known ? neighbours_text(image.mappings(), range)
                      : "some of " + range_text(image.info().start, image.info().end))
      .hint(mappings_hint(image));
}

}  // namespace checkpoint
