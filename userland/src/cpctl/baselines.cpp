// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/baselines.h"

#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::LastCommand;
using checkpoint::range_text;
using checkpoint::SaveCommand;
using checkpoint::str;
using checkpoint::TrackedRange;

/// "0x5000-0x9000 (seq 3)", the first few.
std::string list(const std::vector<TrackedRange>& ranges) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t n = 0; n < ranges.size() && n < most; ++n)
    text += str(n == 0 ? "" : ", ", range_text(ranges[n].start, ranges[n].end + 1), " (seq ",
                ranges[n].seq, ')');
  return ranges.size() > most ? str(text, ", and ", ranges.size() - most, " more") : text;
}

/// Those of @before that a checkpoint of @saved ends: they overlap it.
std::vector<TrackedRange> ended(const Baselines& before, const LastCommand& saved) {
  std::vector<TrackedRange> ranges;
  if (!before) return ranges;
  for (const TrackedRange& range : *before) {
    const bool same = range.start == saved.start && range.end == saved.end;
    if (!same && range.start <= saved.end && saved.start <= range.end) ranges.push_back(range);
  }
  return ranges;
}

Error became_full(const SaveCommand& command, const LastCommand& last,
                  const std::vector<TrackedRange>& others) {
  Error error(Error::Kind::failed, command.path,
              "there was no valid baseline for this range: the image is a full one");
  if (others.empty())
    return error.hint(
        "it begins a new chain, as does the first checkpoint of exactly this range, and the first "
        "one after an exec or a forget");
  return error.found("one of " + list(others))
      .expected("one of " + range_text(last.start, last.end + 1))
      .hint(
          "it begins a new chain: a checkpoint ends the baselines of other ranges that overlap "
          "its own; save one range each time, and take parts of it out of the images by --map or "
          "--range of 'cpctl extract' and 'cpctl restore'");
}

}  // namespace

Baselines baselines_of(const checkpoint::Process& process) {
  const auto status = process.status_if_known();
  return status ? Baselines(status->ranges) : std::nullopt;
}

std::optional<Error> baseline_news(const SaveCommand& command, const LastCommand& last,
                                   const Baselines& before) {
  const std::vector<TrackedRange> others = ended(before, last);
  if (command.kind == checkpoint::Kind::inc && last.kind == PROC_CHECKPOINT_CMD_FULL)
    return became_full(command, last, others);
  if (others.empty()) return std::nullopt;
  return Error(Error::Kind::failed, command.path,
               "this checkpoint has ended the baselines of ranges that overlap its own")
      .found(list(others))
      .hint("the next inc of such a range is a full image");
}

}  // namespace cpctl
