// SPDX-License-Identifier: GPL-2.0-or-later
// What CRIU says of a dump, in its file stats-dump.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// For how long the process was frozen.  Throws checkpoint::Error.
std::uint64_t criu_frozen_ns(const std::string& directory);

}  // namespace bench
