// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID forget
#include <iostream>
#include <optional>

#include "checkpoint/command.h"
#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

using checkpoint::Error;

void forget(const checkpoint::Process& process) {
  if (const int error = process.send(checkpoint::forget_text()))
    throw checkpoint::system_failure(checkpoint::str("process ", process.pid()),
                                     "forget its baselines", error);
}

}  // namespace

ExitStatus run_forget(const Options& options) {
  std::optional<Error> failed;  // one that fails does not stop the others
  for (const std::uint64_t pid : options.pids) {
    try {
      forget(checkpoint::Process(options.proc_root, pid));
    } catch (const Error& error) {
      if (failed) std::cerr << "cpctl: " << failed->what() << '\n';
      failed = error;
    }
  }
  if (failed) throw *failed;
  return ExitStatus::done;
}

}  // namespace cpctl
