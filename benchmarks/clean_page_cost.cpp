// SPDX-License-Identifier: GPL-2.0-or-later
// Question 7: what does a page cost that did not change?
#include <functional>

#include "support/page_scan.h"
#include "support/peer_rounds.h"
#include "support/stopwatch.h"

namespace {

using namespace bench;

void measure(const Settings& settings, Results& results, std::size_t mib, bool huge) {
  Target target({.bytes = mib * kMiB, .huge = huge});
  const auto pages = static_cast<double>(target.bytes()) / 4096;
  const auto checkpoint = make_checkpoint(), soft_dirty = make_stop_soft_dirty();
  const auto pagemap = target.process().open_pagemap();

  const auto timed = [&](const std::function<std::uint64_t()>& scan) {
    soft_dirty->baseline(target, settings.path());
    return Values{{"time a page", "ns/page", static_cast<double>(scan()) / pages}};
  };
  const auto outside = [&](auto* scan) {
    return timed([&] {
      const Stopwatch stopwatch;
      scan(pagemap.get(), Scan::soft_dirty, target.start(), target.end(),
           [](std::uint64_t, std::uint64_t) {});
      return stopwatch.nanoseconds();
    });
  };

  rounds(settings, results, {{"mib", std::to_string(mib)}, {"pages", huge ? "huge" : "4K"}},
         {{"checkpoint",
           [&] {
             checkpoint->baseline(target, settings.path());
             const Saved saved = checkpoint->inc(target, settings.path());
             remove_saved(settings.path());
             return Values{
                 {"time a page", "ns/page", static_cast<double>(saved.stall_ns) / pages},
                 {"total a page", "ns/page", static_cast<double>(saved.total_ns) / pages}};
           },
           true},
          {"PAGEMAP_SCAN, soft-dirty", [&] { return outside(scan_pages); }},
          {"pagemap, read", [&] { return outside(read_pages); }},
          {"PAGEMAP_SCAN, written, protect", [&] {
             target.ask(Op::protect);
             Values values = timed([&] { return target.ask(Op::scan, target.bytes()).values[0]; });
             target.ask(Op::unprotect);
             return values;
           }}});
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "clean_page_cost", [](const Settings& settings, Results& results) {
    const std::size_t mib = settings.pick(4U, 256U, 1024U);
    measure(settings, results, mib, false);
    measure(settings, results, mib, true);
  });
}
