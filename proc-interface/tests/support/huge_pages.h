// SPDX-License-Identifier: GPL-2.0-or-later
// Memory in transparent huge pages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory.h"

namespace test {

/// @count huge pages with contents; skips the case if they are small ones.
Area huge_area(std::size_t count, std::uint64_t seed);

}  // namespace test
