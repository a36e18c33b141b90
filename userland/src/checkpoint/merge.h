// SPDX-License-Identifier: GPL-2.0-or-later
// One full image out of a chain.
#pragma once

#include "checkpoint/sink.h"
#include "checkpoint/snapshot.h"

namespace checkpoint {

/// Writes an image that says of every page what the chain says together.  Id,
/// sequence number and times are the newest image's, so that its next inc
/// continues the merged one.  The CRCs of the chain are compared on the way:
/// when one is wrong it throws a damaged Error in the end, and what is in @sink by
/// then must not be used.  Reads each byte of the chain once; @advanced hears of them.
void merge(const Snapshot& snapshot, Sink& sink, const Advanced& advanced = {});
inline void merge(const Chain& chain, Sink& sink) {
  merge(Snapshot(chain), sink);
}

}  // namespace checkpoint
