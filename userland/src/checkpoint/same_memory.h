// SPDX-License-Identifier: GPL-2.0-or-later
// Whether two chains say the same.
#pragma once

#include "checkpoint/snapshot.h"

namespace checkpoint {

/// The same mappings, and every page in the same state with the same bytes.
bool same_memory(const Snapshot& a, const Snapshot& b);

}  // namespace checkpoint
