// SPDX-License-Identifier: GPL-2.0-or-later
// Images in no order, as chains: by their ids and parents alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "checkpoint/image_directory.h"

namespace checkpoint {

inline constexpr std::size_t kNoImage = SIZE_MAX;

/// Why a chain cannot be read back; without a text: it can, as far as links go.
struct ChainFault {
  std::size_t image = kNoImage;  ///< whose fault it is
  std::string text;
  std::string hint;  ///< what to do about it, or empty

  [[nodiscard]] bool empty() const { return text.empty(); }
};

/// Images, as indices, each of which builds on the one before it.
struct ArrangedChain {
  std::vector<std::size_t> images;
  /// The first one builds on this image of another chain: a fork.
  std::size_t forks_from = kNoImage;
  ChainFault fault;  ///< its own, or that of what it builds on
};

struct Arrangement {
  /// For each image, what it builds on, or kNoImage.
  std::vector<std::size_t> parents;
  /// For each image, another one that is the same point of the same chain and
  /// takes precedence, or kNoImage: a copy, or a full image that was merged up
  /// to it.
  std::vector<std::size_t> same_as;
  /// Each image is in one of them.  By process, range and time.
  std::vector<ArrangedChain> chains;

  /// The images that @image needs, the full one first, itself last.
  [[nodiscard]] std::vector<std::size_t> path_to(std::size_t image) const;
};

/// A full image begins a chain.  An inc builds on the image that has its
/// parent's id and fits otherwise (chain.h, check_link()): on a full one where
/// there are several, so that a merged image takes the place of those that it
/// was made from.  Whatever the images say, this ends, in time that goes with
/// their number.
Arrangement arrange(const std::vector<ImageFile>& images);

}  // namespace checkpoint
