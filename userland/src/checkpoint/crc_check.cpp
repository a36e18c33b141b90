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
  const std::uint32_t expected = image_->end_note().crc32c;
  if (crc_.value() != expected)
    throw Error(Error::Kind::damaged, image_->name(),
                "wrong CRC32C: the contents changed after it was made")
        .found(hex(crc_.value()))
        .expected(hex(expected));
}

}  // namespace checkpoint
