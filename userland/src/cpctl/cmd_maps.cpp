// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID maps
#include <iomanip>
#include <iostream>

#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/json.h"

namespace cpctl {
namespace {

using checkpoint::kPageSize;
using checkpoint::Mapping;
using checkpoint::PageCounts;

void write_json(const std::vector<Mapping>& mappings, const std::vector<PageCounts>& counts) {
  Json json(std::cout);
  json.array();
  for (std::size_t n = 0; n < mappings.size(); ++n)
    json.object()
        .field("start", checkpoint::hex(mappings[n].start))
        .field("end", checkpoint::hex(mappings[n].end))
        .field("protection", checkpoint::protection_text(mappings[n]))
        .field("offset", mappings[n].offset)
        .field("inode", mappings[n].inode)
        .field("pages", (mappings[n].end - mappings[n].start) / kPageSize)
        .field("pages_resident", counts[n].resident)
        .field("pages_swapped", counts[n].swapped)
        .field("pages_changed", counts[n].changed)
        .field("name", mappings[n].name)
        .end_object();
  json.end_array();
}

void row(std::string_view range, std::string_view protection, const std::string& size,
         const std::string& resident, const std::string& swapped, const std::string& changed,
         std::string_view name) {
  std::cout << std::left << std::setw(34) << range << ' ' << protection << std::right
            << std::setw(13) << size << std::setw(11) << resident << std::setw(11) << swapped
            << std::setw(11) << changed;
  if (!name.empty()) std::cout << "  " << name;
  std::cout << '\n';
}

void write_table(const std::vector<Mapping>& mappings, const std::vector<PageCounts>& counts) {
  row("RANGE", "PERM", "PAGES", "RESIDENT", "SWAPPED", "CHANGED", "NAME");
  for (std::size_t n = 0; n < mappings.size(); ++n)
    row(checkpoint::range_text(mappings[n].start, mappings[n].end),
        checkpoint::protection_text(mappings[n]),
        std::to_string((mappings[n].end - mappings[n].start) / kPageSize),
        std::to_string(counts[n].resident), std::to_string(counts[n].swapped),
        std::to_string(counts[n].changed), checkpoint::printable(mappings[n].name));
}

}  // namespace

ExitStatus run_maps(const Options& options) {
  const checkpoint::Process process(options.proc_root, options.pid);
  const std::vector<Mapping> mappings = process.maps();
  const std::vector<PageCounts> counts = process.page_counts(mappings);
  if (options.json)
    write_json(mappings, counts);
  else
    write_table(mappings, counts);
  return ExitStatus::done;
}

}  // namespace cpctl
