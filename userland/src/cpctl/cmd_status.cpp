// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID status
#include <algorithm>
#include <iostream>
#include <optional>

#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/status_json.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::Process;
using checkpoint::Status;

void print_status(const Status& status) {
  for (const auto& [key, value] : status.lines)
    std::cout << checkpoint::printable(key) << ": " << checkpoint::printable(value) << '\n';
}

ExitStatus one(const Process& process, bool as_json) {
  const Status status = process.status();
  if (as_json) {
    Json json(std::cout);
    write_status(json, process.pid(), status);
  } else {
    print_status(status);
  }
  return ExitStatus::done;
}

/// An error of one does not stop the others.
ExitStatus several(const Options& options) {
  ExitStatus worst = ExitStatus::done;
  std::optional<Json> json;
  if (options.json) json.emplace(std::cout).array();
  for (const std::uint64_t pid : options.pids) {
    try {
      const Status status = Process(options.proc_root, pid).status();
      if (!json) std::cout << "pid: " << pid << '\n';
      if (json)
        write_status(*json, pid, status);
      else
        print_status(status);
    } catch (const Error& error) {
      if (json) json->object().field("pid", pid).field("error", error.what()).end_object();
      complain(error);
      worst = std::max(worst, exit_status(error.kind()));
    }
  }
  if (json) json->end_array();
  return worst;
}

}  // namespace

ExitStatus run_status(const Options& options) {
  if (options.pids.size() > 1) return several(options);
  return one(Process(options.proc_root, options.pid), options.json);
}

}  // namespace cpctl
