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
  std::uint64_t pid = 0;            ///< the first; 0: not given
  std::vector<std::uint64_t> pids;  ///< all
  std::string proc_root = "/proc";
  bool json = false;
  bool quiet = false;
  bool force = false;
  std::string output;
  std::string range;     ///< "A-B"
  std::string map_name;  ///< --map NAME
  bool all = false;
  std::string holes = "error";
  bool no_verify = false;
  std::string shared = "error";
  bool leave_extra = false;
  bool other_process = false;
  bool dry_run = false;
  bool show_map = false;
  bool show_pages = false;
  std::uint64_t top = 10;
  bool over_time = false;
  bool compare = false;
  bool ascii = false;
  std::string color = "auto";
  bool svg = false;
  bool html = false;
  bool hex = false;
  std::string limit = "100";       ///< of --hex: rows; 0: all
  std::vector<std::string> chain;  ///< --chain IMAGE, each
  std::string missing_files = "error";
  std::uint64_t every_ns = 0;          ///< 0: not given
  std::uint64_t full_every = 60;       ///< images of a chain
  std::uint64_t keep = 0;              ///< chains; 0: all
  std::uint64_t count = 0;             ///< images; 0: no end
  std::uint64_t keep_last = 0;         ///< 0: not given
  std::string keep_since;              ///< a duration or a time
  std::uint64_t keep_every_ns = 0;     ///< 0: not given
  bool words = false;                  ///< for the completion of the shell
  std::vector<std::string> arguments;  ///< what is no option
};

enum class Option {
  pid,   ///< --pid, once
  pids,  ///< --pid, once or more
  json,
  quiet,
  force,
  output,
  range,
  map_name,
  all,
  holes,
  no_verify,
  shared,
  leave_extra,
  other_process,
  dry_run,
  show_map,
  show_pages,
  top,
  over_time,
  compare,
  ascii,
  color,
  svg,
  html,
  hex,
  limit,
  chain,
  missing_files,
  missing_zeros,  ///< the same without "skip"
  every,
  full_every,
  keep,
  count,
  keep_last,
  keep_since,
  keep_every,
  words,
};

/// The command, which is the first word that is neither an option of any
/// command nor the value of one, taken off @words; empty: none.
std::string take_command(std::vector<std::string>& words);

/// Throws a usage Error.
Options parse_options(const std::vector<std::string>& words, const std::vector<Option>& taken);

/// A line for each option.
std::string options_help(const std::vector<Option>& taken);

/// "--json", "--range=": the long names, with a = where there is a value.
std::vector<std::string> option_words(const std::vector<Option>& taken);

}  // namespace cpctl
