// SPDX-License-Identifier: GPL-2.0-or-later
// How the images of a process are called in a directory: PID.NNNNNN, counted
// from 1 in the order in which they were made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkpoint {

struct NumberedName {
  std::uint64_t pid = 0;
  std::uint64_t number = 0;
  auto operator<=>(const NumberedName&) const = default;
};

/// "1234.000007"; numbers above 999999 just get longer.
std::string numbered_name(const NumberedName& name);

/// nullopt: not such a name.
std::optional<NumberedName> parse_numbered_name(std::string_view name);

/// Those of @pid in @directory, ascending.  Throws Error.
std::vector<NumberedName> numbered_files(const std::string& directory, std::uint64_t pid);

/// A path in @directory whose number is above that of every other image of
/// @pid there.  Throws Error.
std::string next_numbered_path(const std::string& directory, std::uint64_t pid);

}  // namespace checkpoint
