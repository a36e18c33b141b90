// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/extract.h"

#include "checkpoint/mapped_source.h"
#include "checkpoint/search.h"

namespace checkpoint {
namespace {

Error hole(const Snapshot& snapshot, std::uint64_t address, std::string problem) {
  return Error(Error::Kind::failed, snapshot.chain().newest().name(), std::move(problem))
      .found(hex(address))
      .hint("--holes zero writes zeros for what is not there");
}

/// Calls @part(run, start, end) for each piece of [start, end), in order; @run
/// is nullptr where nothing is mapped.
template <typename Part>
void for_each_part(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end, Part part) {
  const auto& runs = snapshot.runs();
  for (auto run = first_ending_after(runs, start); run != runs.end() && run->start < end; ++run) {
    if (start < run->start) part(nullptr, start, run->start);
    part(&*run, std::max(start, run->start), std::min(end, run->end));
    start = std::min(end, run->end);
  }
  if (start < end) part(nullptr, start, end);
}

void refuse_holes(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end) {
  for_each_part(snapshot, start, end, [&](const ResolvedRun* run, std::uint64_t at, std::uint64_t) {
    const Info& info = snapshot.chain().newest().info();
    if (at < info.start || at >= info.end)
      throw hole(snapshot, at, "an address outside of the image's range")
          .expected("within " + range_text(info.start, info.end));
    if (run == nullptr) throw hole(snapshot, at, "an address that was not mapped");
    if (run->state == PageState::skipped)
      throw hole(snapshot, at, str("a page that was not saved: ", skip_text(run->reason)));
  });
}

}  // namespace

void extract(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end, Holes holes,
             Sink& sink) {
  if (holes == Holes::refuse) refuse_holes(snapshot, start, end);
  const std::vector<Mapping>& mappings = snapshot.chain().newest().mappings();
  MappedSource files;
  for_each_part(snapshot, start, end, [&](const ResolvedRun* run, std::uint64_t, std::uint64_t) {
    if (run != nullptr && run->state == PageState::file) files.check(mappings[run->mapping]);
  });
  for_each_part(snapshot, start, end,
                [&](const ResolvedRun* run, std::uint64_t from, std::uint64_t to) {
                  if (run != nullptr && run->state == PageState::data)
                    sink.write(Snapshot::bytes(*run, from, to));
                  else if (run != nullptr && run->state == PageState::file)
                    files.copy(mappings[run->mapping], from, to - from, sink);
                  else
                    sink.write_zeros(to - from);
                });
}

}  // namespace checkpoint
