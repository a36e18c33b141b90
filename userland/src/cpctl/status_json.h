// SPDX-License-Identifier: GPL-2.0-or-later
// The status of a process as JSON.
#pragma once

#include "checkpoint/status.h"
#include "cpctl/json.h"

namespace cpctl {

void write_last(Json& json, const checkpoint::LastCommand& last);
void write_status(Json& json, const checkpoint::Status& status);

}  // namespace cpctl
