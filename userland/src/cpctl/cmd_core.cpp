// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl core -o FILE FULL [INC...]
#include <iostream>

#include "checkpoint/core_file.h"
#include "checkpoint/output_file.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"

namespace cpctl {
namespace {

using checkpoint::CoreFacts;
using checkpoint::MissingFiles;
using checkpoint::OutputFile;
using checkpoint::printable;
using checkpoint::usage_error;

MissingFiles missing_files_of(const Options& options) {
  if (options.missing_files == "error") return MissingFiles::refuse;
  if (options.missing_files == "skip") return MissingFiles::skip;
  if (options.missing_files == "zero") return MissingFiles::zero;
  throw usage_error("--missing-files takes error, skip or zero")
      .found("'" + checkpoint::printable(options.missing_files) + "'");
}

CoreFacts make(const Options& options, MissingFiles missing) {
  ByteProgress progress(options.quiet);
  const auto chain = checkpoint::Chain::open(options.arguments, progress);
  if (!options.no_verify) verify(chain, progress);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  const CoreFacts facts =
      checkpoint::write_core(checkpoint::Snapshot(chain), missing, out, progress);
  out.commit();
  return facts;
}

void print(const Options& options, const CoreFacts& facts) {
  for (const std::string& missing : facts.missing) std::cerr << "cpctl: " << missing << '\n';
  if (options.quiet) return;
  std::cout << printable(options.output) << ": " << facts.segments << " segments, "
            << facts.pages_data << " pages of data, " << facts.pages_zero << " zero, "
            << facts.pages_file << " of files";
  if (facts.pages_missing != 0) std::cout << ", " << facts.pages_missing << " of files missing";
  if (facts.pages_skipped != 0) std::cout << ", " << facts.pages_skipped << " skipped";
  std::cout << (facts.auxv ? ""
                           : ", no auxiliary vector: debuggers will not find the shared libraries")
            << '\n';
}

void write_json(const Options& options, const CoreFacts& facts) {
  Json json(std::cout);
  json.object()
      .field("core", options.output)
      .field("bytes", facts.bytes)
      .field("segments", facts.segments)
      .field("pages_data", facts.pages_data)
      .field("pages_zero", facts.pages_zero)
      .field("pages_file", facts.pages_file)
      .field("pages_missing", facts.pages_missing)
      .field("pages_skipped", facts.pages_skipped)
      .field("auxv", facts.auxv)
      .key("missing")
      .array();
  for (const std::string& missing : facts.missing) json.value(missing);
  json.end_array().end_object();
}

}  // namespace

ExitStatus run_core(const Options& options) {
  if (options.output.empty()) throw usage_error("-o FILE is missing");
  const CoreFacts facts = make(options, missing_files_of(options));
  if (options.json)
    write_json(options, facts);
  else
    print(options, facts);
  return ExitStatus::done;
}

}  // namespace cpctl
