// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl extract, cpctl cat
#include <unistd.h>

#include <iostream>
#include <utility>

#include "checkpoint/extract.h"
#include "checkpoint/output_file.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Holes;
using checkpoint::LostFiles;
using checkpoint::OutputFile;
using checkpoint::usage_error;

Holes holes_of(const Options& options) {
  if (options.holes == "error") return Holes::refuse;
  if (options.holes == "zero") return Holes::zero;
  throw usage_error("--holes takes error or zero")
      .found("'" + checkpoint::printable(options.holes) + "'");
}

LostFiles lost_files_of(const Options& options) {
  if (options.missing_files == "error") return LostFiles::refuse;
  if (options.missing_files == "zero") return LostFiles::zero;
  throw usage_error("--missing-files takes error or zero")
      .found("'" + checkpoint::printable(options.missing_files) + "'");
}

void check_usage(const Options& options) {
  check_range(options);
  if (options.range.empty() && options.map_name.empty())
    throw usage_error("--range A-B or --map NAME is missing");
  holes_of(options);
  lost_files_of(options);
}

/// What is to be extracted.
struct Subject {
  Chain chain;
  checkpoint::AddressRange range;
};

Subject open_subject(const Options& options, ByteProgress& progress) {
  Chain chain = Chain::open(options.arguments, progress);
  const auto range = range_of(options, chain.newest()).value();
  if (!options.no_verify) verify(chain, progress);
  return {.chain = std::move(chain), .range = range};
}

void extract_to(checkpoint::Sink& sink, const Subject& subject, const Options& options,
                ByteProgress& progress) {
  const auto [start, end] = subject.range;
  progress.begin("writing", end - start);
  CountingSink counting(sink, progress);
  const auto lost = checkpoint::extract(checkpoint::Snapshot(subject.chain), start, end,
                                        holes_of(options), lost_files_of(options), counting);
  progress.print([&lost] {
    for (const std::string& problem : lost) std::cerr << "cpctl: " << problem << '\n';
  });
}

}  // namespace

ExitStatus run_extract(const Options& options) {
  check_usage(options);
  if (options.output.empty()) throw usage_error("-o FILE is missing");
  ByteProgress progress(options.quiet);
  const Subject subject = open_subject(options, progress);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  extract_to(out, subject, options, progress);
  out.commit();
  return ExitStatus::done;
}

ExitStatus run_cat(const Options& options) {
  check_usage(options);
  // The bytes themselves may go to the terminal.
  ByteProgress progress(options.quiet || ::isatty(STDOUT_FILENO) != 0);
  const Subject subject = open_subject(options, progress);
  checkpoint::FdSink out(STDOUT_FILENO, "standard output");
  extract_to(out, subject, options, progress);
  return ExitStatus::done;
}

}  // namespace cpctl
