// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/save_report.h"

#include <iostream>

#include "checkpoint/text.h"

namespace cpctl {

using checkpoint::kPageSize;
using checkpoint::LastCommand;

std::optional<LastCommand> last_command(const checkpoint::Process& process) {
  try {
    return process.status().last;
  } catch (const checkpoint::Error&) {
    return std::nullopt;
  }
}

void print_report(std::ostream& out, const checkpoint::SaveCommand& command,
                  const std::optional<LastCommand>& last) {
  out << checkpoint::printable(command.path) << ": ";
  if (!last) {
    out << "written\n";
    return;
  }
  out << last->kind << " seq " << last->seq << ", " << last->pages_saved << " pages saved ("
      << checkpoint::size_text(last->pages_saved * kPageSize) << "), " << last->pages_zero
      << " zero, " << last->pages_skipped << " skipped, stall "
      << checkpoint::duration_text(last->stall_ns) << ", total "
      << checkpoint::duration_text(last->total_ns) << '\n';
  if (command.kind == checkpoint::Kind::inc && last->kind == PROC_CHECKPOINT_CMD_FULL)
    std::cerr << "cpctl: there was no valid baseline for this range: the image is a full one\n";
}

}  // namespace cpctl
