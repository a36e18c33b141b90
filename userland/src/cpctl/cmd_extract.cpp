// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl extract, cpctl cat
#include <unistd.h>

#include "checkpoint/extract.h"
#include "checkpoint/numbers.h"
#include "checkpoint/output_file.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Holes;
using checkpoint::OutputFile;
using checkpoint::usage_error;

checkpoint::AddressRange range_of(const Options& options) {
  if (options.range.empty()) throw usage_error("--range A-B is missing");
  const auto range = checkpoint::parse_range(options.range);
  if (!range)
    throw usage_error("--range takes A-B in hex, A below B").found("'" + options.range + "'");
  return *range;
}

Holes holes_of(const Options& options) {
  if (options.holes == "error") return Holes::refuse;
  if (options.holes == "zero") return Holes::zero;
  throw usage_error("--holes takes error or zero").found("'" + options.holes + "'");
}

void extract_to(checkpoint::Sink& sink, const Chain& chain, const Options& options) {
  const auto range = range_of(options);
  checkpoint::extract(checkpoint::Snapshot(chain), range.start, range.end, holes_of(options), sink);
}

Chain open_chain(const Options& options) {
  range_of(options);  // usage first
  holes_of(options);
  Chain chain = Chain::open(options.arguments);
  if (!options.no_verify) chain.verify();
  return chain;
}

}  // namespace

ExitStatus run_extract(const Options& options) {
  if (options.output.empty()) throw usage_error("-o FILE is missing");
  const Chain chain = open_chain(options);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  extract_to(out, chain, options);
  out.commit();
  return ExitStatus::done;
}

ExitStatus run_cat(const Options& options) {
  const Chain chain = open_chain(options);
  checkpoint::FdSink out(STDOUT_FILENO, "standard output");
  extract_to(out, chain, options);
  return ExitStatus::done;
}

}  // namespace cpctl
