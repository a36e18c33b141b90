// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl help [COMMAND]
#include <iomanip>
#include <iostream>

#include "cpctl/command.h"

namespace cpctl {
namespace {

void list_commands() {
  std::cout << "cpctl saves the memory of live processes and works with the images.\n\n"
               "usage: cpctl --pid PID COMMAND ...   a live process\n"
               "       cpctl COMMAND IMAGE...        images\n\n"
               "commands:\n";
  for (const Command& command : commands())
    std::cout << "  " << std::left << std::setw(9) << command.name << command.summary << '\n';
  std::cout << "\n'cpctl help COMMAND' tells more, and so does cpctl(1).\n";
}

}  // namespace

ExitStatus run_help(const Options& options) {
  if (options.arguments.empty()) {
    list_commands();
    return ExitStatus::done;
  }
  const Command& command = find_command(options.arguments.front());
  std::cout << command.name << ": " << command.summary << "\n\nusage: " << usage_line(command)
            << "\n\noptions:\n"
            << options_help(command.options);
  return ExitStatus::done;
}

}  // namespace cpctl
