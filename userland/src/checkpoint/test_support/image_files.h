// SPDX-License-Identifier: GPL-2.0-or-later
// What scan_directory() would find, without files.
#pragma once

#include "checkpoint/arrangement.h"

namespace checkpoint {

/// An id that is made of @number.
Id id_of(std::uint64_t number);

/// A full image with that id, a second later for each number.
ImageFile full_file(std::string name, std::uint64_t id);

/// An inc on @parent.
ImageFile inc_file(std::string name, std::uint64_t id, const ImageFile& parent);

/// What merging a chain up to @last gives.
ImageFile merged_file(std::string name, const ImageFile& last);

/// "1 2 3; 4 5: FAULT": a chain each, the images by name; a fork has the name
/// of what it forks from in brackets before it.
std::string chains_text(const std::vector<ImageFile>& images, const Arrangement& arrangement);

/// Names, in this order, with spaces between them.
std::string names_text(const std::vector<ImageFile>& images,
                       const std::vector<std::size_t>& indices);

}  // namespace checkpoint
