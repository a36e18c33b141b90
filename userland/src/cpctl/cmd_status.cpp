// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID status
#include <iostream>

#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/status_json.h"

namespace cpctl {

ExitStatus run_status(const Options& options) {
  const checkpoint::Process process(options.proc_root, options.pid);
  const checkpoint::Status status = process.status();
  if (options.json) {
    Json json(std::cout);
    write_status(json, status);
    return ExitStatus::done;
  }
  for (const auto& [key, value] : status.lines)
    std::cout << checkpoint::printable(key) << ": " << checkpoint::printable(value) << '\n';
  return ExitStatus::done;
}

}  // namespace cpctl
