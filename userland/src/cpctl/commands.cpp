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
       {pids, range, map_name, all, json, quiet},
       1,
       3,
       run_full},
      {"inc",
       "START END FILE | --range A-B FILE | --map NAME FILE | --all FILE",
       "save the pages that changed since the last checkpoint of the range",
       {pids, range, map_name, all, json, quiet},
       1,
       3,
       run_inc},
      {"forget",
       "",
       "let the next inc of each range be a full image: end all baselines",
       {pids},
       0,
       0,
       run_forget},
      {"status",
       "",
       "print what the kernel knows about the process",
       {pids, json},
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
      {"restore",
       "[--range A-B | --map NAME] FULL [INC...]",
       "put saved memory back into the process; memory alone",
       {pid, range, map_name, dry_run, shared, leave_extra, other_process, no_verify, json, quiet},
       1,
       kAny,
       run_restore},
      {"watch",
       "--every DURATION DIR",
       "save checkpoints into a directory at an interval",
       {pid, every, range, map_name, all, full_every, keep, count, json, quiet},
       1,
       1,
       run_watch},
      {"info",
       "IMAGE",
       "print the facts about an image",
       {show_map, show_pages, json, quiet},
       1,
       1,
       run_info},
      {"verify",
       "IMAGE...",
       "check structure, checksums and chain links of images",
       {json, quiet},
       1,
       kAny,
       run_verify},
      {"list", "DIR", "list the chains in a directory", {json}, 1, 1, run_list},
      {"prune",
       "(--keep-last N | --keep-since TIME | --keep-every DURATION)... DIR",
       "remove images from a directory that need not be kept",
       {keep_last, keep_since, keep_every, dry_run, json, quiet},
       1,
       1,
       run_prune},
      {"merge",
       "-o FILE FULL [INC...]",
       "make one full image out of a chain",
       {output, force, quiet},
       1,
       kAny,
       run_merge},
      {"extract",
       "(--range A-B | --map NAME) -o FILE FULL [INC...]",
       "write the bytes of a range to a file",
       {range, map_name, output, force, holes, missing_zeros, no_verify, quiet},
       1,
       kAny,
       run_extract},
      {"cat",
       "(--range A-B | --map NAME) FULL [INC...]",
       "write the bytes of a range to standard output",
       {range, map_name, holes, missing_zeros, no_verify, quiet},
       1,
       kAny,
       run_cat},
      {"heatmap",
       "[--range A-B | --map NAME] [--svg -o FILE | --html -o FILE | --json] FULL INC...",
       "show which memory changed how often over a chain",
       {range, map_name, top, over_time, compare, ascii, color, svg, html, output, force, json,
        no_verify, quiet},
       2,
       kAny,
       run_heatmap},
      {"diff",
       "[--range A-B | --map NAME] A B",
       "print which pages differ between two points of a chain",
       {range, map_name, show_pages, hex, limit, chain, no_verify, json, quiet},
       2,
       2,
       run_diff},
      {"core",
       "-o FILE FULL [INC...]",
       "make a core file for debuggers, with all memory in it",
       {output, force, missing_files, no_verify, json, quiet},
       1,
       kAny,
       run_core},
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
  return std::any_of(command.options.begin(), command.options.end(),
                     [](Option option) { return option == Option::pid || option == Option::pids; });
}

std::string usage_line(const Command& command) {
  std::string line = checkpoint::str("cpctl ", is_live(command) ? "--pid PID " : "", command.name);
  if (!command.usage.empty()) line += checkpoint::str(' ', command.usage);
  return line;
}

}  // namespace cpctl
