// SPDX-License-Identifier: GPL-2.0-or-later
#include "pair.h"

namespace checkpoint {

std::optional<ImagePair> split_pair(ByteView input) {
  std::uint32_t length = 0;
  if (input.size() < sizeof(length)) return std::nullopt;
  std::memcpy(&length, input.data(), sizeof(length));
  const ByteView images = input.subspan(sizeof(length));
  if (length > images.size()) return std::nullopt;
  return ImagePair{.first = images.first(length), .second = images.subspan(length)};
}

Bytes join_pair(ByteView first, ByteView second) {
  Bytes out;
  append(out, static_cast<std::uint32_t>(first.size()));
  append_bytes(out, first);
  append_bytes(out, second);
  return out;
}

}  // namespace checkpoint
