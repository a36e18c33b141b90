// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_check.h"

#include <iterator>

namespace checkpoint {
namespace {

/// The runs of the PT_LOADs; addresses are checked by themselves.
std::vector<Run> load_runs(const std::vector<Elf64_Phdr>& loads) {
  std::vector<Run> runs;
  runs.reserve(loads.size());
  std::uint64_t previous_end = 0;
  for (std::size_t n = 0; n < loads.size(); ++n) {
    const Where where{"load", n};
    const Elf64_Phdr& load = loads[n];
    if (load.p_memsz > UINT64_MAX - load.p_vaddr) fail(where, "the address overflows");
    const std::uint64_t end = load.p_vaddr + load.p_memsz;
    check_pages(where, load.p_vaddr, end);
    if (load.p_vaddr < previous_end)
      throw damaged(str(where.text(), ": not behind the previous load"))
          .found(hex(load.p_vaddr))
          .expected("at least " + hex(previous_end));
    previous_end = end;
    const bool data = load.p_filesz != 0;
    runs.push_back({.start = load.p_vaddr,
                    .end = end,
                    .state = data ? PageState::data : PageState::zero,
                    .offset = data ? load.p_offset : 0});
  }
  return runs;
}

std::vector<Run> merge_runs(std::vector<Run> a, const std::vector<Run>& b) {
  if (b.empty()) return a;  // usual, and the others may be millions
  std::vector<Run> merged;
  merged.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged),
             [](const Run& x, const Run& y) { return x.start < y.start; });
  return merged;
}

std::string describe(const Run& run) {
  return str(state_text(run.state), " run ", range_text(run.start, run.end));
}

void check_disjoint(const std::vector<Run>& runs) {
  for (std::size_t n = 1; n < runs.size(); ++n)
    if (runs[n].start < runs[n - 1].end)
      throw damaged(str(describe(runs[n]), " overlaps ", describe(runs[n - 1])));
}

/// Finds the mapping of each run.
void place(std::vector<Run>& runs, const std::vector<Mapping>& mappings) {
  std::size_t index = 0;
  for (Run& run : runs) {
    while (index < mappings.size() && mappings[index].end <= run.start) ++index;
    if (index == mappings.size() || run.start < mappings[index].start ||
        run.end > mappings[index].end)
      throw damaged(describe(run) + " does not lie in one mapping");
    run.mapping = index;
    if (run.state != PageState::file) continue;
    if (!mappings[index].has(PROC_CHECKPOINT_MAP_BY_REF))
      throw damaged(describe(run) + " lies in a mapping that is not by reference");
    run.offset = mappings[index].file_offset(run.start);
  }
}

void check_load_flags(const std::vector<Elf64_Phdr>& loads, const std::vector<Run>& runs,
                      const std::vector<Mapping>& mappings) {
  std::size_t n = 0;
  for (const Run& run : runs) {
    if (run.state != PageState::data && run.state != PageState::zero) continue;
    check_equal({"load", n}, "flags", loads[n].p_flags, segment_flags(mappings[run.mapping]));
    ++n;
  }
}

/// A full image names every page of every mapping.
void check_coverage(const std::vector<Run>& runs, const std::vector<Mapping>& mappings) {
  auto run = runs.begin();
  for (const Mapping& mapping : mappings) {
    std::uint64_t at = mapping.start;
    for (; run != runs.end() && run->start == at && at < mapping.end; ++run) at = run->end;
    if (at != mapping.end)
      throw damaged(str("a full image that does not say what is at ", hex(at)));
  }
}

std::uint64_t count_pages(const std::vector<Run>& runs, PageState state) {
  std::uint64_t bytes = 0;
  for (const Run& run : runs)
    if (run.state == state) bytes += run.size();
  return bytes / kPageSize;
}

void check_count(std::string_view field, std::uint64_t stated, std::uint64_t found) {
  if (stated != found)
    throw damaged(str("INFO: wrong ", field)).found(str(stated)).expected(str(found));
}

void check_counts(const Info& info, const std::vector<Run>& runs, std::size_t mappings) {
  check_count("pages_data", info.pages_data, count_pages(runs, PageState::data));
  check_count("pages_zero", info.pages_zero, count_pages(runs, PageState::zero));
  check_count("pages_file", info.pages_file, count_pages(runs, PageState::file));
  check_count("pages_skipped", info.pages_skipped, count_pages(runs, PageState::skipped));
  check_count("mappings", info.mappings, mappings);
}

}  // namespace

std::vector<Run> collect_runs(const Segments& segments, const HeadNotes& notes) {
  std::vector<Run> runs =
      merge_runs(merge_runs(load_runs(segments.loads), notes.file_pages), notes.skipped);
  check_disjoint(runs);
  place(runs, notes.mappings);
  check_load_flags(segments.loads, runs, notes.mappings);
  if (notes.info.kind == Kind::full) check_coverage(runs, notes.mappings);
  check_counts(notes.info, runs, notes.mappings.size());
  return runs;
}

}  // namespace checkpoint
