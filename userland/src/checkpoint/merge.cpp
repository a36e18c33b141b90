// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/merge.h"

#include "checkpoint/crc_check.h"
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

/// The data of a snapshot, as it goes by, into an image.
class Copy {
 public:
  Copy(const Snapshot& snapshot, ImageWriter& writer, const Advanced& advanced)
      : images_(snapshot.chain().images()), writer_(writer) {
    for (const Image& image : images_) checks_.emplace_back(image, advanced);
  }

  void add(const ResolvedRun& run) {
    CrcCheck& check = checks_[static_cast<std::size_t>(run.image - images_.data())];
    for (std::uint64_t at = run.start; at < run.end;) {
      const std::uint64_t end = std::min(run.end, at + kPiece);
      // Twice summed up and written while it is in the processor's cache.
      check.advance_to(run.offset + (end - run.start));
      writer_.write_data(Snapshot::bytes(run, at, end));
      at = end;
    }
  }

  void finish() {
    writer_.finish();
    for (CrcCheck& check : checks_) check.finish();
  }

 private:
  static constexpr std::uint64_t kPiece = std::uint64_t{256} << 10;

  const std::vector<Image>& images_;
  ImageWriter& writer_;
  std::vector<CrcCheck> checks_;
};

}  // namespace

void merge(const Snapshot& snapshot, Sink& sink, const Advanced& advanced) {
  const Image& newest = snapshot.chain().newest();
  ImageWriter writer(sink, {.info = merged_info(newest.info()),
                            .mappings = newest.mappings(),
                            .runs = merged_runs(snapshot.runs()),
                            .prpsinfo = Bytes(newest.prpsinfo().begin(), newest.prpsinfo().end())});
  Copy copy(snapshot, writer, advanced);
  for (const ResolvedRun& run : snapshot.runs())
    if (run.state == PageState::data) copy.add(run);
  copy.finish();
}

}  // namespace checkpoint
