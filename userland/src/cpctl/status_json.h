// SPDX-License-Identifier: GPL-2.0-or-later
// The status of a process as JSON.
#pragma once

#include "checkpoint/status.h"
#include "cpctl/json.h"

namespace cpctl {

/// @measured: with pages_scanned and the times.
void write_last(Json& json, const checkpoint::LastCommand& last, bool measured = true);
void write_status(Json& json, std::uint64_t pid, const checkpoint::Status& status);

}  // namespace cpctl
