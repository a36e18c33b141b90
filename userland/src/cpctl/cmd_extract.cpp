// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl extract, cpctl cat
#include <unistd.h>

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
using checkpoint::OutputFile;
using checkpoint::usage_error;

checkpoint::AddressRange required_range(const Options& options) {
  const auto range = range_of(options);
  if (!range) throw usage_error("--range A-B is missing");
  return *range;
}

Holes holes_of(const Options& options) {
  if (options.holes == "error") return Holes::refuse;
  if (options.holes == "zero") return Holes::zero;
  throw usage_error("--holes takes error or zero")
      .found("'" + checkpoint::printable(options.holes) + "'");
}

void extract_to(checkpoint::Sink& sink, const Chain& chain, const Options& options,
                ByteProgress& progress) {
  const auto range = required_range(options);
  progress.begin("writing", range.end - range.start);
  CountingSink counting(sink, progress);
  checkpoint::extract(checkpoint::Snapshot(chain), range.start, range.end, holes_of(options),
                      counting);
}

Chain open_chain(const Options& options, ByteProgress& progress) {
  required_range(options);  // usage first
  holes_of(options);
  Chain chain = Chain::open(options.arguments, progress);
  if (!options.no_verify) verify(chain, progress);
  return chain;
}

}  // namespace

ExitStatus run_extract(const Options& options) {
  if (options.output.empty()) throw usage_error("-o FILE is missing");
  ByteProgress progress(options.quiet);
  const Chain chain = open_chain(options, progress);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  extract_to(out, chain, options, progress);
  out.commit();
  return ExitStatus::done;
}

ExitStatus run_cat(const Options& options) {
  // The bytes themselves may go to the terminal.
  ByteProgress progress(options.quiet || ::isatty(STDOUT_FILENO) != 0);
  const Chain chain = open_chain(options, progress);
  checkpoint::FdSink out(STDOUT_FILENO, "standard output");
  extract_to(out, chain, options, progress);
  return ExitStatus::done;
}

}  // namespace cpctl
