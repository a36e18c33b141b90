// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/merge.h"

#include "checkpoint/image_writer.h"

namespace checkpoint {
namespace {

bool continues(const Run& before, const ResolvedRun& run) {
  return before.end == run.start && before.state == run.state && before.reason == run.reason &&
         before.mapping == run.mapping;
}

/// The runs of the merged image: where its pages come from does not matter.
std::vector<Run> merged_runs(const std::vector<ResolvedRun>& resolved) {
  std::vector<Run> runs;
  for (const ResolvedRun& run : resolved) {
    if (!runs.empty() && continues(runs.back(), run))
      runs.back().end = run.end;
    else
      runs.push_back({.start = run.start,
                      .end = run.end,
                      .state = run.state,
                      .reason = run.reason,
                      .mapping = run.mapping});
  }
  return runs;
}

Info merged_info(Info info) {
  info.kind = Kind::full;
  info.flags = PROC_CHECKPOINT_INFO_MERGED;
  info.parent = Id{};
  info.pages_copied = 0;
  return info;
}

}  // namespace

void merge(const Snapshot& snapshot, Sink& sink) {
  const Image& newest = snapshot.chain().newest();
  ImageWriter writer(sink, {.info = merged_info(newest.info()),
                            .mappings = newest.mappings(),
                            .runs = merged_runs(snapshot.runs()),
                            .prpsinfo = Bytes(newest.prpsinfo().begin(), newest.prpsinfo().end())});
  for (const ResolvedRun& run : snapshot.runs())
    if (run.state == PageState::data) writer.write_data(Snapshot::bytes(run, run.start, run.end));
  writer.finish();
}

}  // namespace checkpoint
