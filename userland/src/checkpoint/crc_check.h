// SPDX-License-Identifier: GPL-2.0-or-later
// Compares an image's CRC while the image is used.
#pragma once

#include "checkpoint/crc32c.h"
#include "checkpoint/image.h"

namespace checkpoint {

/// Throws a damaged Error unless @found is the CRC that @image has.
void check_crc(const ImageHead& image, const Crc32c& found);

class CrcCheck {
 public:
  /// Of @image, which must outlive this, and in pieces that @advanced hears of.
  explicit CrcCheck(const Image& image, Advanced advanced = {});

  /// Sums up what is before @offset of the file, unless that was done already.
  void advance_to(std::uint64_t offset);

  /// Sums up the rest.  Throws a damaged Error unless the CRC is right: what was
  /// read before is worth nothing then.
  void finish();

 private:
  const Image* image_;
  Advanced advanced_;
  Crc32c crc_;
  std::uint64_t at_ = 0;
};

}  // namespace checkpoint
