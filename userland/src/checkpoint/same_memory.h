// SPDX-License-Identifier: GPL-2.0-or-later
// Whether two chains say the same.
#pragma once

#include "checkpoint/snapshot.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// The same mappings, and every page in the same state with the same bytes.
/// @advanced hears of bytes that are the same.
bool same_memory(const Snapshot& a, const Snapshot& b, const Advanced& advanced = {});

}  // namespace checkpoint
