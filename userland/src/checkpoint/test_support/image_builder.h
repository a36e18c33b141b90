// SPDX-License-Identifier: GPL-2.0-or-later
// Makes images for tests, page by page.
#pragma once

#include <map>

#include "checkpoint/image.h"
#include "checkpoint/image_writer.h"

namespace checkpoint {

class ImageBuilder {
 public:
  /// A full image of the range [start, end), without mappings.
  ImageBuilder(std::uint64_t start, std::uint64_t end);

  /// An inc on @parent, an image or what made it.
  static ImageBuilder inc_on(const Info& parent);

  /// Adds a mapping; ascending.
  ImageBuilder& map(std::uint64_t start, std::uint64_t end, std::string name = "",
                    std::uint32_t prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE);
  ImageBuilder& map(Mapping mapping);

  /// Says what the pages of [start, end) are; data pages are filled with
  /// @fill.  Later calls win.
  ImageBuilder& data(std::uint64_t start, std::uint64_t end, unsigned char fill);
  /// The same with these bytes, whole pages.
  ImageBuilder& data(std::uint64_t start, ByteView bytes);
  ImageBuilder& zero(std::uint64_t start, std::uint64_t end);
  ImageBuilder& file(std::uint64_t start, std::uint64_t end);
  ImageBuilder& skipped(std::uint64_t start, std::uint64_t end, SkipReason reason);

  /// The info record, to change.
  Info& info() { return info_; }

  /// The bytes of the image.
  [[nodiscard]] Bytes build() const;

  /// build(), written to @path.
  void write_to(const std::string& path) const;

 private:
  struct Page {
    PageState state;
    SkipReason reason;
    unsigned char fill;
    Bytes bytes{};  ///< instead of @fill, if there are any
  };
  void set(std::uint64_t start, std::uint64_t end, const Page& page);
  [[nodiscard]] std::vector<Run> runs() const;
  [[nodiscard]] std::size_t mapping_of(std::uint64_t address) const;

  Info info_;
  std::vector<Mapping> mappings_;
  std::map<std::uint64_t, Page> pages_;
};

}  // namespace checkpoint
