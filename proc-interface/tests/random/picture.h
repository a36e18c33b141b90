// SPDX-License-Identifier: GPL-2.0-or-later
// What a chain of images says of each page, image by image.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/image.h"
#include "model.h"

namespace test::random {

class Picture {
 public:
  explicit Picture(Range range) : range_(range), pages_(range.pages()) {}

  /// Goes on to this image.  It may leave to its parent only what that has.
  void apply(const checkpoint::Image& image);

  /// Leaves one page out that the next images change.
  void forget_a_page() { forgets_ = true; }

  /// Compares with the model, whose page @first is the first here.  Pages that
  /// were freed lazily and are gone in the picture are so in @adopt, if given.
  /// Returns what is wrong with the first page that differs, or "".
  [[nodiscard]] std::string difference(const Model& model, std::size_t first, std::size_t count,
                                       std::size_t at, Model* adopt);

 private:
  struct Saved {
    checkpoint::PageState state = checkpoint::PageState::unmapped;
    std::uint32_t protection = 0;
    bool shared = false;
    std::uint64_t offset = 0;  ///< of the mapped file
    Contents contents;
  };
  [[nodiscard]] std::string difference_of(Saved& saved, const Place& place,
                                          const Contents& expected) const;

  Range range_;
  std::vector<Saved> pages_;
  bool forgets_ = false;
};

}  // namespace test::random
