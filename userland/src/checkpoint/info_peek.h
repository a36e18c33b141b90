// SPDX-License-Identifier: GPL-2.0-or-later
// What an image is, from its first bytes, without checking the rest.
#pragma once

#include <optional>

#include "checkpoint/bytes.h"

namespace checkpoint {

/// Finds the INFO note of an image that goes by.
class InfoPeek {
 public:
  InfoPeek();

  /// The next bytes, front to back, in pieces of any size.  Reads no others of
  /// them than it needs.
  void take(ByteView bytes);

  /// Nothing as long as it has not come, and where it cannot be read.
  [[nodiscard]] const std::optional<Info>& info() const { return info_; }
  /// Bytes so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  enum class Stage { header, segment, note, done };
  void want(Stage stage, std::uint64_t offset, std::size_t size);
  void advance();

  Stage stage_ = Stage::done;
  std::uint64_t offset_ = 0;  ///< of what it waits for
  std::size_t wanted_ = 0;    ///< bytes of that
  Bytes have_;
  std::uint64_t size_ = 0;
  std::optional<Info> info_;
};

/// An image that was written, and its size.
struct Peeked {
  Info info;
  std::uint64_t size = 0;
};

/// nullopt: it did not see an image.
std::optional<Peeked> peeked(const InfoPeek& peek);

/// The same of a regular file; of anything else, nothing, and it is not opened.
std::optional<Peeked> peek_at(const std::string& path);

}  // namespace checkpoint
