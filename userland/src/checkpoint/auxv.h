// SPDX-License-Identifier: GPL-2.0-or-later
// The auxiliary vector, which the kernel left on the stack of the process.
#pragma once

#include <optional>

#include "checkpoint/snapshot.h"

namespace checkpoint {

/// The vector with its AT_NULL, as in /proc/PID/auxv, if the snapshot has the
/// stack and something is there that can only be it: a debugger finds the
/// program and its shared libraries by it.
std::optional<Bytes> find_auxv(const Snapshot& snapshot);

}  // namespace checkpoint
