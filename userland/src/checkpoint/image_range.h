// SPDX-License-Identifier: GPL-2.0-or-later
// The part of an image that a user names.
#pragma once

#include <string_view>
#include <vector>

#include "checkpoint/image_head.h"
#include "checkpoint/maps.h"

namespace checkpoint {

/// The range of the mappings called @name, see maps.h, as @image has them: cut
/// to its range.  Throws Error.
AddressRange find_mapping(const ImageHead& image, std::string_view name);

/// The same at two times, from where they begin at one of them to where they
/// end at one of them.
AddressRange find_mapping(const ImageHead& before, const ImageHead& after, std::string_view name);

/// Throws Error unless something was mapped in @range in one of @images, the
/// last of which it is about.
void check_mapped(const std::vector<const ImageHead*>& images, const AddressRange& range);

}  // namespace checkpoint
