// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's own reader of commands, proc-interface/command.c as it stands.
#pragma once

#include <cstddef>

namespace kernel {

inline constexpr unsigned long kPageSize = 4096;

#include "command_h.inc"  // what checkpoint.h has of it

}  // namespace kernel
