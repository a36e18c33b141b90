// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID watch --every DURATION DIR
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <iostream>
#include <optional>

#include "checkpoint/pace.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"
#include "cpctl/stop_signals.h"
#include "cpctl/watcher.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::id_text;
using checkpoint::Kind;
using checkpoint::printable;
using checkpoint::usage_error;

constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

/// All of user space unless --range or --map is given.
Watcher::Settings settings_of(const Options& options, const checkpoint::Process& process) {
  if (int{!options.range.empty()} + int{!options.map_name.empty()} + int{options.all} > 1)
    throw usage_error("give the range once: --range, --map or --all");
  if (options.every_ns == 0) throw usage_error("--every DURATION is missing");
  Watcher::Settings settings{.full_every = options.full_every, .keep = options.keep};
  if (const auto range = range_of(options, process)) {
    settings.start = range->start;
    settings.end = range->end - 1;
  }
  return settings;
}

void write_json(const Watcher::Saved& saved) {
  Json json(std::cout, Json::Style::line);
  json.object()
      .field("image", saved.command.path)
      .field("kind", kind_text(saved.info.kind))
      .field("id", id_text(saved.info.id))
      .key("parent");
  if (saved.info.kind == Kind::full)
    json.null();
  else
    json.value(id_text(saved.info.parent));
  json.field("seq", saved.info.seq)
      .field("time_ns", saved.info.time_ns)
      .field("time", checkpoint::time_text(saved.info.time_ns))
      .field("pages_data", saved.info.pages_data)
      .field("pages_zero", saved.info.pages_zero)
      .field("pages_skipped", saved.info.pages_skipped)
      .field("file_size", saved.file_size);
  if (saved.figures && saved.figures->measured)
    json.field("stall_ns", saved.figures->last.stall_ns)
        .field("total_ns", saved.figures->last.total_ns);
  json.end_object();
}

Watcher::Saved save_with_progress(Watcher& watcher, const checkpoint::Process& process,
                                  const Options& options) {
  std::optional<ProgressBar> bar;
  if (!options.quiet) bar.emplace(STDERR_FILENO, [&process] { return progress_of({process}); });
  return watcher.save();
}

/// That a reader has gone is no error, here or at the end.
void flush_output() {
  errno = 0;
  std::cout.flush();
  if (!std::cout && errno == EPIPE) std::cout.clear();
}

/// A checkpoint that fails is said, and the next one holds what it would have;
/// unless no other can succeed: that throws.
void save(Watcher& watcher, const checkpoint::Process& process, const Options& options) {
  try {
    const Watcher::Saved saved = save_with_progress(watcher, process, options);
    if (options.json)
      write_json(saved);
    else if (!options.quiet)
      print_report(std::cout, saved.command, saved.figures, saved.before);
    flush_output();
    if (saved.info.kind == Kind::full) watcher.expire();
  } catch (const Error& error) {
    if (!watcher.alive()) return;
    if (!watcher.may_recover()) throw;
    complain(error);
  }
}

/// Until @time.  Whether to go on.
bool wait_until(std::uint64_t time, const StopSignals& signals, const Watcher& watcher) {
  do {
    const std::uint64_t at = now();
    if (signals.wait(std::min(time - std::min(at, time), kSecond)) != 0) return false;
    if (!watcher.alive()) return false;
  } while (now() < time);
  return true;
}

}  // namespace

ExitStatus run_watch(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);  // checkpoints go on though nobody reads of them
  const checkpoint::Process process(options.proc_root, options.pid);
  const StopSignals signals;
  const std::string& directory = options.arguments.front();
  Watcher watcher(process, directory, settings_of(options, process));
  const checkpoint::Pace pace(now(), options.every_ns);
  do {
    save(watcher, process, options);
    if (options.count != 0 && watcher.images() >= options.count) break;
  } while (wait_until(pace.next(now()), signals, watcher));

  if (!options.quiet)
    std::cerr << "cpctl: process " << process.pid() << (watcher.alive() ? ": " : " has ended: ")
              << watcher.images() << (watcher.images() == 1 ? " image" : " images")
              << " written to " << printable(directory) << '\n';
  return watcher.images() > 0 ? ExitStatus::done : ExitStatus::failed;
}

}  // namespace cpctl
