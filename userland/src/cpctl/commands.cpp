// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "checkpoint/text.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

constexpr std::size_t kAny = SIZE_MAX;

}  // namespace

const std::vector<Command>& commands() {
  using enum Option;
  static const std::vector<Command> table = {
      {"full",
       "START END FILE | --range A-B FILE | --map NAME FILE | --all FILE",
       "save all pages of a range",
       {pid, range, map_name, all, json},
       1,
       3,
       run_full},
      {"inc",
       "START END FILE | --range A-B FILE | --map NAME FILE | --all FILE",
       "save the pages that changed since the last checkpoint of the range",
       {pid, range, map_name, all, json},
       1,
       3,
       run_inc},
      {"forget", "", "end all baselines of the process", {pid}, 0, 0, run_forget},
      {"status",
       "",
       "print what the kernel knows about the process",
       {pid, json},
       0,
       0,
       run_status},
      {"maps",
       "",
       "list the mappings, with the pages that are resident and changed",
       {pid, json},
       0,
       0,
       run_maps},
      {"info",
       "IMAGE",
       "print the facts about an image",
       {show_map, show_pages, json},
       1,
       1,
       run_info},
      {"verify",
       "IMAGE...",
       "check structure, checksums and chain links of images",
       {json},
       1,
       kAny,
       run_verify},
      {"merge",
       "-o FILE FULL INC...",
       "make one full image out of a chain",
       {output, force},
       1,
       kAny,
       run_merge},
      {"extract",
       "--range A-B -o FILE FULL [INC...]",
       "write the bytes of a range to a file",
       {range, output, force, holes, no_verify},
       1,
       kAny,
       run_extract},
      {"cat",
       "--range A-B FULL [INC...]",
       "write the bytes of a range to standard output",
       {range, holes, no_verify},
       1,
       kAny,
       run_cat},
      {"help", "[COMMAND]", "print help", {words}, 0, 1, run_help},
  };
  return table;
}

const Command& find_command(std::string_view name) {
  const auto found = std::find_if(commands().begin(), commands().end(),
                                  [name](const Command& row) { return row.name == name; });
  if (found == commands().end())
    throw checkpoint::usage_error(
        checkpoint::str("there is no command '", checkpoint::printable(name), "'"))
        .hint("'cpctl help' lists the commands");
  return *found;
}

bool is_live(const Command& command) {
  return std::find(command.options.begin(), command.options.end(), Option::pid) !=
         command.options.end();
}

std::string usage_line(const Command& command) {
  std::string line = checkpoint::str("cpctl ", is_live(command) ? "--pid PID " : "", command.name);
  if (!command.usage.empty()) line += checkpoint::str(' ', command.usage);
  return line;
}

}  // namespace cpctl
