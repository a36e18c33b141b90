// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID forget
#include "checkpoint/command.h"
#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"

namespace cpctl {

ExitStatus run_forget(const Options& options) {
  const checkpoint::Process process(options.proc_root, options.pid);
  if (const int error = process.send(checkpoint::forget_text()))
    throw checkpoint::system_failure(checkpoint::str("process ", options.pid),
                                     "forget its baselines", error);
  return ExitStatus::done;
}

}  // namespace cpctl
