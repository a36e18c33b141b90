// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/crc_check.h"

#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// What is read between two calls of an Advanced.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

}  // namespace

void check_crc(const ImageHead& image, const Crc32c& found) {
  const std::uint32_t expected = image.end_note().crc32c;
  if (found.value() != expected)
    throw Error(Error::Kind::damaged, image.name(),
                "wrong CRC32C: the contents changed after it was made")
        .found(hex(found.value()))
        .expected(hex(expected));
}

CrcCheck::CrcCheck(const Image& image, Advanced advanced)
    : image_(&image), advanced_(std::move(advanced)) {}

void CrcCheck::advance_to(std::uint64_t offset) {
  const ByteView all = image_->summed_bytes();
  while (at_ < std::min<std::uint64_t>(offset, all.size())) {
    const ByteView piece = all.subspan(at_, std::min({kPiece, offset - at_, all.size() - at_}));
    crc_.update(piece);
    at_ += piece.size();
    if (advanced_) advanced_(piece.size());
  }
}

void CrcCheck::finish() {
  advance_to(UINT64_MAX);
  check_crc(*image_, crc_);
}

}  // namespace checkpoint
