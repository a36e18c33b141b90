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

/// Whether each mapping's file is lost, of those with pages of files in [start, end).
struct Lost {
  std::vector<bool> mappings;
  std::vector<std::string> problems;
};

Lost find_lost(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end,
               LostFiles lost_files, MappedSource& files) {
  const std::vector<Mapping>& mappings = snapshot.chain().newest().mappings();
  Lost lost{.mappings = std::vector<bool>(mappings.size()), .problems = {}};
  for_each_part(snapshot, start, end, [&](const ResolvedRun* run, std::uint64_t, std::uint64_t) {
    if (run == nullptr || run->state != PageState::file || lost.mappings[run->mapping]) return;
    lost.mappings[run->mapping] = files.is_lost(
        mappings[run->mapping], lost_files == LostFiles::refuse ? nullptr : &lost.problems,
        "put back the file of that time, or: --missing-files zero writes zeros");
  });
  return lost;
}

}  // namespace

std::vector<std::string> extract(const Snapshot& snapshot, std::uint64_t start, std::uint64_t end,
                                 Holes holes, LostFiles lost_files, Sink& sink) {
  if (holes == Holes::refuse) refuse_holes(snapshot, start, end);
  MappedSource files;
  Lost lost = find_lost(snapshot, start, end, lost_files, files);
  const std::vector<Mapping>& mappings = snapshot.chain().newest().mappings();
  for_each_part(
      snapshot, start, end, [&](const ResolvedRun* run, std::uint64_t from, std::uint64_t to) {
        if (run != nullptr && run->state == PageState::data)
          sink.write(Snapshot::bytes(*run, from, to));
        else if (run != nullptr && run->state == PageState::file && !lost.mappings[run->mapping])
          files.copy(mappings[run->mapping], from, to - from, sink);
        else
          sink.write_zeros(to - from);
      });
  return std::move(lost.problems);
}

}  // namespace checkpoint
