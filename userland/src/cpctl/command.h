// SPDX-License-Identifier: GPL-2.0-or-later
// A command of cpctl: a row of the table, and a function in a file of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cpctl/exit_status.h"
#include "cpctl/options.h"

namespace cpctl {

struct Command {
  std::string_view name;
  std::string_view usage;    ///< what follows the name
  std::string_view summary;  ///< one line
  std::vector<Option> options;
  std::size_t least_arguments;
  std::size_t most_arguments;
  ExitStatus (*run)(const Options& options);
};

const std::vector<Command>& commands();

/// Throws a usage Error.
const Command& find_command(std::string_view name);

/// It takes --pid: it is about a live process, not about images.
bool is_live(const Command& command);

/// "cpctl --pid PID status"
std::string usage_line(const Command& command);

ExitStatus run_full(const Options& options);
ExitStatus run_inc(const Options& options);
ExitStatus run_forget(const Options& options);
ExitStatus run_status(const Options& options);
ExitStatus run_maps(const Options& options);
ExitStatus run_restore(const Options& options);
ExitStatus run_watch(const Options& options);
ExitStatus run_info(const Options& options);
ExitStatus run_verify(const Options& options);
ExitStatus run_list(const Options& options);
ExitStatus run_prune(const Options& options);
ExitStatus run_merge(const Options& options);
ExitStatus run_extract(const Options& options);
ExitStatus run_cat(const Options& options);
ExitStatus run_heatmap(const Options& options);
ExitStatus run_diff(const Options& options);
ExitStatus run_core(const Options& options);
ExitStatus run_help(const Options& options);

}  // namespace cpctl
