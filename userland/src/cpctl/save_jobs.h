// SPDX-License-Identifier: GPL-2.0-or-later
// Checkpoints to make, one for each process, and how they went.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "checkpoint/command.h"
#include "checkpoint/held_signals.h"
#include "checkpoint/process.h"
#include "cpctl/save_report.h"

namespace cpctl {

struct SaveJob {
  SaveJob(checkpoint::Process process_, checkpoint::SaveCommand command_)
      : process(std::move(process_)), command(std::move(command_)) {}

  checkpoint::Process process;
  checkpoint::SaveCommand command;
  Baselines before{};  ///< when it was to start

  std::optional<checkpoint::Error> error;  ///< it failed, or shall not start
  std::optional<Figures> figures;          ///< if it succeeded and they are known
};

/// Starts all that have no error at the same moment, each in a thread of its
/// own, and waits for them.
void save_together(std::vector<SaveJob>& jobs);

/// The same of one job, as a stream to standard output: job.command.path is not
/// used.  When standard output does not take all of it although the kernel
/// succeeded, the baselines are dropped, so that no change is lost.  @signals, held
/// since before any thread was started, are such a failure.
void save_to_standard_output(SaveJob& job, const checkpoint::HeldSignals& signals);

}  // namespace cpctl
