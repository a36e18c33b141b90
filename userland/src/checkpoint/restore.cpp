// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/restore.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "checkpoint/error.h"
#include "checkpoint/image_range.h"
#include "checkpoint/mapped_source.h"
#include "checkpoint/rseq_areas.h"
#include "checkpoint/search.h"
#include "checkpoint/stopped_process.h"
#include "checkpoint/text.h"
#include "checkpoint/undo_log.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

std::uint64_t ticks_per_second() {
  return static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

std::string process_text(std::uint64_t pid, std::uint64_t start_ticks) {
  return str("process ", pid, ", started ",
             duration_text(start_ticks * (kNanosecondsPerSecond / ticks_per_second())),
             " after boot");
}

void check_process(const Process& process, const Info& info) {
  const auto stat = process.stat();
  if (!stat) throw Error(Error::Kind::failed, process.name(), "there is no such process");
  const std::uint64_t found = stat->start_time;
  const std::uint64_t expected = info.start_time_ns / (kNanosecondsPerSecond / ticks_per_second());
  if (info.pid == process.pid() && found == expected) return;
  throw Error(Error::Kind::failed, process.name(), "is not the process that the image is of")
      .found(process_text(process.pid(), found))
      .expected(process_text(info.pid, expected))
      .hint(
          "--other-process takes it nevertheless, if its layout is the same: the same program, "
          "started again without address space randomisation (setarch -R)");
}

/// What the mappings of a name, @now, and the image have in common.
AddressRange common_range(const AddressRange& now, const AddressRange& all,
                          const RestoreRequest& request) {
  const AddressRange common{.start = std::max(now.start, all.start),
                            .end = std::min(now.end, all.end)};
  const bool some = common.start < common.end;
  if (some && request.leave_extra) return common;
  throw Error(Error::Kind::failed, "",
              str("what is called '", printable(request.map_name), "' now is not ",
                  some ? "all " : "", "in the image's range"))
      .found(range_text(now.start, now.end))
      .expected(str("within ", range_text(all.start, all.end)))
      .hint(some ? "if it has grown, --leave-extra restores the part that is in it; without --map "
                   "all of the image's range is restored, with --range any part"
                 : "without --map all of the image's range is restored, with --range any part");
}

AddressRange range_of(const Info& info, const RestoreRequest& request) {
  const AddressRange all{.start = info.start, .end = info.end};
  const AddressRange range = request.range.value_or(all);
  if (range.start % kPageSize != 0 || range.end % kPageSize != 0)
    throw usage_error("--range is not made of whole pages")
        .found(range_text(range.start, range.end))
        .expected(str("multiples of ", hex(kPageSize)));
  if (range.start >= all.start && range.end <= all.end) return range;
  if (!request.map_name.empty()) return common_range(range, all, request);
  throw Error(Error::Kind::failed, "", "--range is not inside the image's range")
      .found(range_text(range.start, range.end))
      .expected(range_text(all.start, all.end))
      .hint("B of --range A-B is the first address behind it");
}

/// There is something to restore: a page that was saved.
void check_saved(const Snapshot& snapshot, const AddressRange& range) {
  const Image& newest = snapshot.chain().newest();
  check_mapped({&newest}, range);
  const auto first = first_ending_after(snapshot.runs(), range.start);
  for (auto run = first; run != snapshot.runs().end() && run->start < range.end; ++run)
    if (run->state != PageState::skipped) return;
  throw Error(Error::Kind::failed, newest.name(),
              str("all pages of this range were skipped: ", skip_text(first->reason)))
      .found(range_text(range.start, range.end))
      .expected("some pages that were saved")
      .hint("'cpctl info --pages' lists what an image has");
}

void check_extra(const std::vector<ExtraRange>& extra) {
  if (extra.empty()) return;
  throw Error(Error::Kind::failed, "", "memory is mapped now that was not then")
      .found(extra_text(extra))
      .hint(
          "--leave-extra leaves it as it is, which suits where a heap or a stack has grown: what "
          "is restored does not know of it");
}

/// Writes a piece of a plan.
class Writer {
 public:
  Writer(const Snapshot& snapshot, ProcessMemory& memory)
      : mappings_(snapshot.chain().newest().mappings()), memory_(memory), zeros_(kMost) {}

  static constexpr std::uint64_t kMost = UndoLog::kMostBytes;

  void write(const ResolvedRun& run, std::uint64_t at, std::uint64_t size) {
    if (run.state == PageState::zero) return memory_.write(at, ByteView(zeros_).first(size));
    if (run.state == PageState::file) {
      MemorySink bytes;
      files_.copy(mappings_[run.mapping], at, size, bytes);
      return memory_.write(at, bytes.bytes());
    }
    try {
      // The kernel reads the image's bytes: one that cannot be read is an
      // error here, and no SIGBUS.
      memory_.write(at, Snapshot::bytes(run, at, at + size));
    } catch (Error& error) {
      error.subject_if_none(run.image->name());
      throw;
    }
  }

 private:
  const std::vector<Mapping>& mappings_;
  ProcessMemory& memory_;
  MappedSource files_;
  Bytes zeros_;
};

/// What became of the old contents.
std::string put_back(const UndoLog& log, ProcessMemory& memory,
                     const std::function<bool()>& at_loss) {
  const auto stopped = [&at_loss] {
    return at_loss() ? "so the process is left stopped (SIGSTOP)"
                     : "and the process, which may not be stopped, goes on without them";
  };
  try {
    const UndoLog::Outcome outcome = log.put_back(memory);
    if (outcome.pages_lost == 0) return "the old contents are back";
    return str("the old contents of ", outcome.pages_lost,
               " pages could not be put back, the first at ", hex(outcome.first_lost), ", ",
               stopped());
  } catch (const std::exception& error) {
    return str("the old contents could not be put back, ", stopped(), ": ", error.what());
  }
}

}  // namespace

bool leave_stopped(const Process& process) {
  return ::kill(static_cast<pid_t>(process.pid()), SIGSTOP) == 0;
}

void write_plan(const RestorePlan& plan, const Snapshot& snapshot, ProcessMemory& memory,
                const std::function<void()>& at_pause, const std::function<bool()>& at_loss,
                Steps& steps) {
  UndoLog log(plan.pages());
  Writer writer(snapshot, memory);
  Bytes old(Writer::kMost);
  steps.begin("writing", plan.pages() * kPageSize);
  try {
    for (const PlannedWrite& planned : plan.writes)
      for (std::uint64_t at = planned.start; at < planned.end; at += Writer::kMost) {
        at_pause();
        const std::uint64_t size = std::min(Writer::kMost, planned.end - at);
        const std::span<std::byte> before = std::span(old).first(size);
        memory.read(at, before);
        log.append(at, before);
        writer.write(*planned.run, at, size);
        steps.advance(size);
      }
  } catch (Error& error) {
    error.add(put_back(log, memory, at_loss));
    throw;
  } catch (const std::exception& error) {
    throw Error(Error::Kind::failed, "", error.what()).add(put_back(log, memory, at_loss));
  }
}

RestoreReport restore(const Process& process, const Snapshot& snapshot,
                      const RestoreRequest& request, Steps& steps) {
  const Image& newest = snapshot.chain().newest();
  RestoreReport report;
  report.range = with_subject(newest.name(), [&] { return range_of(newest.info(), request); });
  check_saved(snapshot, report.range);
  if (!request.other_process) check_process(process, newest.info());

  const HeldSignals signals;
  const auto start = std::chrono::steady_clock::now();
  with_subject(process.name(), [&] {
    const StoppedProcess stopped(process, signals);
    report.threads = stopped.threads().size();
    // Again: only now it cannot become another one.
    if (!request.other_process) check_process(process, newest.info());
    const std::vector<LiveMapping> mappings = process.live_mappings();
    if (!request.other_process)
      check_program(newest.mappings(), mappings,
                    {.start = newest.info().start, .end = newest.info().end});
    const AddressRange looked_at = request.range.value_or(report.range);
    report.extra = check_layout(newest.mappings(), mappings, looked_at);
    if (!request.leave_extra) check_extra(report.extra);

    ProcessMemory memory(process);
    const UniqueFd pagemap = process.open_pagemap();
    const auto at_pause = [&signals] { signals.check(); };
    report.plan = plan_restore({.snapshot = snapshot,
                                .range = report.range,
                                .mappings = mappings,
                                .shared = request.shared,
                                .memory = memory,
                                .pagemap_fd = pagemap.get(),
                                .at_pause = at_pause,
                                .steps = steps});
    if (request.dry_run) return;
    const RseqAreas rseq(stopped.threads(), memory);
    write_plan(
        report.plan, snapshot, memory, at_pause, [&process] { return leave_stopped(process); },
        steps);
    try {
      rseq.put_back(memory);
    } catch (Error& error) {
      throw error.add("all is restored, but what rseq says of a thread is that of the past");
    }
  });
  const std::chrono::nanoseconds stood_still = std::chrono::steady_clock::now() - start;
  report.stopped_ns = static_cast<std::uint64_t>(stood_still.count());
  // There is to be room for the old contents; it goes on meanwhile.
  if (request.dry_run) const UndoLog room(report.plan.pages());
  return report;
}

}  // namespace checkpoint
