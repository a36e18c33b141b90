// SPDX-License-Identifier: GPL-2.0-or-later
// How cpctl says what is wrong.
#pragma once

#include "checkpoint/error.h"

namespace cpctl {

/// "cpctl: SUBJECT: PROBLEM" and the hint on standard error, behind what is on
/// standard output so far.
void complain(const checkpoint::Error& error);

}  // namespace cpctl
