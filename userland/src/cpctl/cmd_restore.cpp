// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID restore FULL INC...
#include <iostream>
#include <optional>
#include <utility>

#include "checkpoint/restore.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"

namespace cpctl {
namespace {

using checkpoint::hex;
using checkpoint::id_text;
using checkpoint::Info;
using checkpoint::kPageSize;
using checkpoint::PlannedWrite;
using checkpoint::printable;
using checkpoint::Process;
using checkpoint::range_text;
using checkpoint::RestorePlan;
using checkpoint::RestoreReport;
using checkpoint::RestoreRequest;
using checkpoint::SharedPages;
using checkpoint::usage_error;

SharedPages shared_of(const Options& options) {
  if (options.shared == "error") return SharedPages::refuse;
  if (options.shared == "keep") return SharedPages::keep;
  if (options.shared == "write") return SharedPages::write;
  throw usage_error("--shared takes error, keep or write")
      .found("'" + checkpoint::printable(options.shared) + "'");
}

RestoreRequest request_of(const Options& options, const Process& process) {
  RestoreRequest request{.map_name = options.map_name,
                         .shared = shared_of(options),
                         .leave_extra = options.leave_extra,
                         .other_process = options.other_process,
                         .dry_run = options.dry_run};
  check_page_range(options);
  request.range = range_of(options, process);
  return request;
}

void print(const RestoreReport& report, const Process& process, bool dry_run) {
  const RestorePlan& plan = report.plan;
  std::cout << process.name() << ": " << plan.pages()
            << (dry_run ? " pages would be written (" : " pages written (")
            << checkpoint::size_text(plan.pages() * kPageSize) << "): " << plan.pages_data
            << " data, " << plan.pages_zero << " zero, " << plan.pages_file << " of files; "
            << plan.pages_same << " same, " << plan.pages_skipped << " skipped, " << plan.pages_kept
            << " shared kept; " << report.threads << (report.threads == 1 ? " thread" : " threads")
            << " stopped for " << checkpoint::duration_text(report.stopped_ns) << '\n';
  for (const auto& extra : report.extra) {
    std::cout << "left as it is: " << range_text(extra.start, extra.end);
    if (!extra.name.empty()) std::cout << ' ' << printable(extra.name);
    std::cout << '\n';
  }
  if (!dry_run) return;
  for (const PlannedWrite& write : plan.writes)
    std::cout << "  " << range_text(write.start, write.end) << ' ' << write.pages() << ' '
              << state_text(write.run->state) << '\n';
}

void write_json(const RestoreReport& report, const Process& process, const Info& info,
                bool dry_run) {
  const RestorePlan& plan = report.plan;
  Json json(std::cout);
  json.object()
      .field("pid", process.pid())
      .field("dry_run", dry_run)
      .field("id", id_text(info.id))
      .field("seq", info.seq)
      .field("start", hex(report.range.start))
      .field("end", hex(report.range.end))
      .field("threads", std::uint64_t{report.threads})
      .field("stopped_ns", report.stopped_ns)
      .field("pages_written", plan.pages())
      .field("pages_data", plan.pages_data)
      .field("pages_zero", plan.pages_zero)
      .field("pages_file", plan.pages_file)
      .field("pages_same", plan.pages_same)
      .field("pages_skipped", plan.pages_skipped)
      .field("pages_kept", plan.pages_kept);
  json.key("extra").array();
  for (const auto& extra : report.extra)
    json.object()
        .field("start", hex(extra.start))
        .field("end", hex(extra.end))
        .field("name", extra.name)
        .end_object();
  json.end_array().key("writes").array();
  for (const PlannedWrite& write : plan.writes)
    json.object()
        .field("start", hex(write.start))
        .field("end", hex(write.end))
        .field("state", state_text(write.run->state))
        .end_object();
  json.end_array().end_object();
}

}  // namespace

ExitStatus run_restore(const Options& options) {
  const Process process(options.proc_root, options.pid);
  const RestoreRequest request = request_of(options, process);
  std::optional<ByteProgress> progress(std::in_place, options.quiet);
  const auto chain = checkpoint::Chain::open(options.arguments, *progress);
  if (!options.no_verify) verify(chain, *progress);
  const checkpoint::Snapshot snapshot(chain);
  const RestoreReport report = checkpoint::restore(process, snapshot, request, *progress);
  progress.reset();  // before there is more on the terminal
  if (options.json)
    write_json(report, process, chain.newest().info(), options.dry_run);
  else if (!options.quiet)
    print(report, process, options.dry_run);
  return ExitStatus::done;
}

}  // namespace cpctl
