// SPDX-License-Identifier: GPL-2.0-or-later
// What `cpctl help COMMAND` says beyond the row in commands.cpp.
#pragma once

#include <string_view>
#include <vector>

namespace cpctl {

struct Example {
  std::string_view says;  ///< what it does, a line
  std::string_view command;
};

/// The examples of all commands, one after the other in the order of the table,
/// are a session in one directory: tests/man-examples runs them.  The process
/// is 1234, and a page of its heap 55d0c0a01000-55d0c0a02000.
struct HelpText {
  std::string_view command;
  std::string_view details;  ///< two to six lines, up to 79 columns
  std::vector<Example> examples;
};

/// One for each command, in the same order.
const std::vector<HelpText>& help_texts();

/// That of a command of the table.
const HelpText& help_text(std::string_view command);

/// What a newcomer does first, from the checkpoint to the bytes in it.
const std::vector<Example>& first_session();

}  // namespace cpctl
