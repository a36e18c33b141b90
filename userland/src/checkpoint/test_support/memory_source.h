// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a test, as a pipe gives them.
#pragma once

#include "checkpoint/source.h"

namespace checkpoint {

class MemorySource : public Source {
 public:
  /// @bytes, which must outlive this, at most @piece at a time.
  explicit MemorySource(ByteView bytes, std::size_t piece = SIZE_MAX)
      : bytes_(bytes), piece_(piece) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const ByteView part = bytes_.first(std::min({buffer.size(), piece_, bytes_.size()}));
    std::copy(part.begin(), part.end(), buffer.begin());
    bytes_ = bytes_.subspan(part.size());
    return part.size();
  }

  /// What has not been read.
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  ByteView bytes_;
  std::size_t piece_;
};

}  // namespace checkpoint
