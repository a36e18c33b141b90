// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --version
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace cpctl {

/// The tool, the interface and format that it speaks, and what this kernel has:
/// process @pid below @proc_root is asked.
void print_version(std::ostream& out, const std::string& proc_root, std::uint64_t pid);

/// The same as JSON.
void write_version(std::ostream& out, const std::string& proc_root, std::uint64_t pid);

}  // namespace cpctl
