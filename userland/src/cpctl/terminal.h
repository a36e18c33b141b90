// SPDX-License-Identifier: GPL-2.0-or-later
// What standard output can show.
#pragma once

#include <cstddef>

namespace cpctl {

/// Columns: of the terminal, else $COLUMNS, else 80.
std::size_t output_width();

/// The locale of the environment is one of UTF-8.
bool output_is_utf8();

/// It is a terminal with colours, and the user has not set $NO_COLOR.
bool output_has_colors();

}  // namespace cpctl
