// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID full|inc ...
#include <csignal>
#include <iostream>
#include <optional>

#include "checkpoint/command.h"
#include "checkpoint/process.h"
#include "checkpoint/status.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/status_json.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::Kind;
using checkpoint::kPageSize;
using checkpoint::LastCommand;
using checkpoint::Process;
using checkpoint::SaveCommand;
using checkpoint::str;
using checkpoint::usage_error;

std::uint64_t address(const std::string& word, const char* name) {
  const auto value = checkpoint::parse_number(word);
  if (!value)
    throw usage_error(str(name, " is no address"))
        .found("'" + word + "'")
        .expected("0x... or decimal");
  return *value;
}

/// START END, --range, --map or --all: exactly one of them.
void set_range(SaveCommand& command, const Options& options, const Process& process) {
  const bool positional = options.arguments.size() == 3;
  const int given = int{positional} + int{!options.range.empty()} + int{!options.map_name.empty()} +
                    int{options.all};
  if (given != 1 || options.arguments.size() == 2)
    throw usage_error("give the range once: START END, --range, --map or --all");
  if (positional) {
    command.start = address(options.arguments[0], "START");
    command.end = address(options.arguments[1], "END");
  } else if (!options.all) {
    const auto range = options.range.empty() ? process.find_mapping(options.map_name)
                                             : checkpoint::parse_range(options.range);
    if (!range)
      throw usage_error("--range takes A-B in hex, A below B").found("'" + options.range + "'");
    command.start = range->start;
    command.end = range->end - 1;
  }
}

/// What the kernel says about the command that just succeeded; nothing when
/// the process has ended since.
std::optional<LastCommand> last_command(const Process& process) {
  try {
    return process.status().last;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void print(const SaveCommand& command, const std::optional<LastCommand>& last) {
  std::cout << checkpoint::printable(command.path) << ": ";
  if (!last) {
    std::cout << "written\n";
    return;
  }
  std::cout << last->kind << " seq " << last->seq << ", " << last->pages_saved << " pages saved ("
            << checkpoint::size_text(last->pages_saved * kPageSize) << "), " << last->pages_zero
            << " zero, " << last->pages_skipped << " skipped, stall "
            << checkpoint::duration_text(last->stall_ns) << ", total "
            << checkpoint::duration_text(last->total_ns) << '\n';
  if (command.kind == Kind::inc && last->kind == PROC_CHECKPOINT_CMD_FULL)
    std::cerr << "cpctl: there was no valid baseline for this range: the image is a full one\n";
}

ExitStatus save(Kind kind, const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a FIFO whose reader goes is an error with a name
  const Process process(options.proc_root, options.pid);
  SaveCommand command{.kind = kind, .path = options.arguments.back()};
  set_range(command, options, process);
  if (const int error = process.send(command.text())) throw command.failure(error, options.pid);

  const auto last = last_command(process);
  if (!options.json) {
    print(command, last);
    return ExitStatus::done;
  }
  Json json(std::cout);
  if (last)
    write_last(json, *last);
  else
    json.object().end_object();
  return ExitStatus::done;
}

}  // namespace

ExitStatus run_full(const Options& options) {
  return save(Kind::full, options);
}

ExitStatus run_inc(const Options& options) {
  return save(Kind::inc, options);
}

}  // namespace cpctl
