// SPDX-License-Identifier: GPL-2.0-or-later
// Images in memory as a chain.
#pragma once

#include "checkpoint/snapshot.h"

namespace checkpoint {

/// The images, which must outlive it.  Throws Error.
Chain chain_of(const std::vector<ByteView>& images);

/// That merge() makes a good image of @snapshot, which says the same of every
/// page; and that it throws exactly where a CRC is wrong.
void check_merged(const Snapshot& snapshot);

}  // namespace checkpoint
