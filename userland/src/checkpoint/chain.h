// SPDX-License-Identifier: GPL-2.0-or-later
// A full image and the incs that follow it, and what they say together.
#pragma once

#include "checkpoint/image.h"

namespace checkpoint {

/// Pages of one mapping of the newest image in one state, [start, end), after
/// all incs: data, zero, file or skipped.
struct ResolvedRun {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  PageState state = PageState::zero;
  SkipReason reason = 0;         ///< skipped: why
  const Image* image = nullptr;  ///< the image that says it
  std::uint64_t offset = 0;      ///< data: in @image; file: in the mapped file
  std::size_t mapping = 0;       ///< index into the newest image's mappings

  [[nodiscard]] std::uint64_t size() const { return end - start; }
};

class Chain {
 public:
  /// Opens the images, the full one first, and checks that each builds on the
  /// one before.  CRCs are not compared.  Throws Error: damaged when an image
  /// or a link is.  @steps as with Image::open().
  static Chain open(const std::vector<std::string>& paths, Steps& steps = no_steps());
  static Chain from_images(std::vector<Image> images);

  [[nodiscard]] const std::vector<Image>& images() const { return images_; }
  [[nodiscard]] const Image& newest() const { return images_.back(); }

  /// Compares all CRCs: reads summed_bytes().
  void verify(const Advanced& advanced = {}) const;
  [[nodiscard]] std::uint64_t summed_bytes() const;

  /// What is mapped at the newest image's time: every mapped page of the range
  /// once, ascending.  Throws a damaged Error when an image leaves a page to
  /// a parent that does not have it.  The runs point into this chain.
  [[nodiscard]] std::vector<ResolvedRun> resolve() const;

 private:
  explicit Chain(std::vector<Image> images) : images_(std::move(images)) {}

  std::vector<Image> images_;
};

/// Throws a damaged Error unless @images are a chain, the full one first, in
/// which no image leaves a page to a parent that does not have it.
void check_chain(const std::vector<ImageHead>& images);

/// The second half of that, of images whose links are good.
void check_resolves(const std::vector<ImageHead>& images);

/// Throws a damaged Error unless @image is an inc that builds on @parent.
void check_link(const ImageHead& parent, const ImageHead& image);

/// The same of images that are not open.
void check_link(const std::string& parent_name, const Info& parent, const std::string& name,
                const Info& info);

}  // namespace checkpoint
