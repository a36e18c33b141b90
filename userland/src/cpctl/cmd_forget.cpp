// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID forget
#include <algorithm>

#include "checkpoint/command.h"
#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"

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
  ExitStatus worst = ExitStatus::done;  // one that fails does not stop the others
  for (const std::uint64_t pid : options.pids) {
    try {
      forget(checkpoint::Process(options.proc_root, pid));
    } catch (const Error& error) {
      complain(error);
      worst = std::max(worst, exit_status(error.kind()));
    }
  }
  return worst;
}

}  // namespace cpctl
