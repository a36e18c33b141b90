// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: all options of all commands, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cpctl {

/// What the user gave.  Which of these a command takes stands in its row of
/// the table in commands.cpp; the others keep their defaults.
struct Options {
  bool help = false;
  std::uint64_t pid = 0;  ///< 0: not given
  std::string proc_root = "/proc";
  bool json = false;
  bool force = false;
  std::string output;
  std::string range;     ///< "A-B"
  std::string map_name;  ///< --map NAME
  bool all = false;
  std::string holes = "error";
  bool no_verify = false;
  bool show_map = false;
  bool show_pages = false;
  bool words = false;                  ///< for the completion of the shell
  std::vector<std::string> arguments;  ///< what is no option
};

enum class Option {
  pid,
  json,
  force,
  output,
  range,
  map_name,
  all,
  holes,
  no_verify,
  show_map,
  show_pages,
  words,
};

/// The command, which is the first word that is neither an option nor the
/// value of --pid, taken off @words; empty: none.
std::string take_command(std::vector<std::string>& words);

/// Throws a usage Error.
Options parse_options(const std::vector<std::string>& words, const std::vector<Option>& taken);

/// A line for each option.
std::string options_help(const std::vector<Option>& taken);

/// "--json", "--range=": the long names, with a = where there is a value.
std::vector<std::string> option_words(const std::vector<Option>& taken);

}  // namespace cpctl
