// SPDX-License-Identifier: GPL-2.0-or-later
// What does a full checkpoint of 1 GiB of private memory cost?
//
// 1. the stall, against stopping the process while another one copies its
//    memory to a file, as one would do without kernel support
// 2. the time until the image is there, against a process that writes as many
//    bytes of its own memory to the same file system
// 3. the memory that the kernel needs while it holds a capture, against what
//    is captured
//
// full_1g [--repeats N] [--mib N] [--dir DIR] [--json FILE]
//
// All in one boot, repeats interleaved, one round before that does not count.
// A goal that is missed is said, but is no failure of the program.
#include <cstdlib>
#include <iostream>
#include <string>

#include "checkpoint/error.h"
#include "checkpoint/text.h"
#include "support/memory_in_use.h"
#include "support/report.h"
#include "support/saves.h"
#include "support/subject.h"

namespace {

using bench::Report;
using bench::Samples;
using bench::Subject;
using checkpoint::duration_text;

struct Settings {
  unsigned repeats = 5;
  std::size_t bytes = std::size_t{1024} << 20;
  std::string dir = "/tmp";
  std::string json;
};

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int n = 1; n < argc; n += 2) {
    const std::string option = argv[n];
    if (n + 1 == argc) throw checkpoint::usage_error(option + " takes a value");
    const std::string value = argv[n + 1];
    if (option == "--repeats")
      settings.repeats = static_cast<unsigned>(std::stoul(value));
    else if (option == "--mib")
      settings.bytes = std::stoul(value) << 20;
    else if (option == "--dir")
      settings.dir = value;
    else if (option == "--json")
      settings.json = value;
    else
      throw checkpoint::usage_error("there is no option " + option);
  }
  if (settings.repeats < 1 || !settings.bytes)
    throw checkpoint::usage_error("--repeats and --mib take numbers from 1");
  return settings;
}

constexpr double kToMs = 1e-6;
constexpr double kToMiB = 1.0 / (1 << 20);

/// Questions 1 and 2.
void measure_time(const Settings& settings, Report& report) {
  const Subject subject(settings.bytes);
  const std::byte* own = bench::make_memory(settings.bytes, 1);
  const std::string path = settings.dir + "/full_1g.image";

  Samples stall, total, stopped, written, in_pieces;
  for (unsigned round = 0; round <= settings.repeats; ++round) {
    subject.touch();
    const auto last = bench::save_by_checkpoint(subject, path);
    subject.touch();
    const auto stop = bench::save_by_stopping(subject, path);
    bench::touch_memory(own, settings.bytes);
    const auto write = bench::save_by_writing(own, settings.bytes, settings.bytes, path);
    bench::touch_memory(own, settings.bytes);
    const auto pieces = bench::save_by_writing(own, settings.bytes, bench::kPiece, path);
    std::cerr << "round " << round << ": stall " << duration_text(last.stall_ns) << ", total "
              << duration_text(last.total_ns) << ", stopped " << duration_text(stop) << ", write() "
              << duration_text(write) << ", in pieces " << duration_text(pieces) << std::endl;
    if (!round) continue;
    stall.add(last.stall_ns);
    total.add(last.total_ns);
    stopped.add(stop);
    written.add(write);
    in_pieces.add(pieces);
  }

  report.samples("full: stall", stall, kToMs, "ms");
  report.samples("SIGSTOP, process_vm_readv, write", stopped, kToMs, "ms");
  report.goal("stall / stopped", stall.median() / stopped.median(), 1.0 / 50);
  report.samples("full: total", total, kToMs, "ms");
  report.samples("one write() of as many bytes", written, kToMs, "ms");
  report.goal("total / one write()", total.median() / written.median(), 1.3);
  report.samples("write()s of 256 KiB, the fastest", in_pieces, kToMs, "ms");
  report.goal("total / write()s of 256 KiB", total.median() / in_pieces.median(), 1.3);
}

/// Question 3.  With every second page missing each page is a run of its own,
/// and so is each hole: nothing needs more.
void measure_memory(const Settings& settings, Report& report, std::size_t stride,
                    const std::string& what) {
  const Subject subject(settings.bytes, stride);
  const std::string fifo = settings.dir + "/full_1g.fifo";
  Samples extra;
  for (unsigned round = 0; round <= settings.repeats; ++round) {
    const auto bytes = bench::memory_of_capture(subject, fifo);
    if (round) extra.add(bytes);
  }
  report.samples("full: memory held, " + what, extra, kToMiB, "MiB");
  report.goal("memory held / captured, " + what,
              extra.median() / static_cast<double>(subject.resident()), 0.01);
}

}  // namespace

int main(int argc, char** argv) try {
  const Settings settings = parse(argc, argv);
  Report report("full_1g", settings.json);
  bench::touch_free_memory();
  measure_time(settings, report);
  measure_memory(settings, report, 1, "all pages");
  measure_memory(settings, report, 2, "every second");
} catch (const std::exception& error) {
  std::cerr << "full_1g: " << error.what() << '\n';
  return 1;
}
