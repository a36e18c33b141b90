// SPDX-License-Identifier: GPL-2.0-or-later
// Two images as one input: four bytes, the length of the first, and both.
#pragma once

#include <optional>

#include "checkpoint/bytes.h"

namespace checkpoint {

struct ImagePair {
  ByteView first;
  ByteView second;
};

/// nullopt: there is no length, or it is more than there is.
std::optional<ImagePair> split_pair(ByteView input);

Bytes join_pair(ByteView first, ByteView second);

}  // namespace checkpoint
