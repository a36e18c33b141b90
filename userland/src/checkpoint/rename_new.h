// SPDX-License-Identifier: GPL-2.0-or-later
// Names for finished files that replace nobody's.
#pragma once

#include <string>

namespace checkpoint {

/// Renames the file @from to @to, unless that exists.  Returns 0 or an errno;
/// EEXIST: @to is there, and @from stays as it is.
int rename_new(const std::string& from, const std::string& to);

}  // namespace checkpoint
