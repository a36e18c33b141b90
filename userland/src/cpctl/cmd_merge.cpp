// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl merge -o FILE FULL INC...
#include "checkpoint/merge.h"
#include "checkpoint/output_file.h"
#include "cpctl/command.h"
#include "cpctl/progress.h"

namespace cpctl {

ExitStatus run_merge(const Options& options) {
  using checkpoint::OutputFile;
  if (options.output.empty()) throw checkpoint::usage_error("-o FILE is missing");
  ByteProgress progress(options.quiet);
  const auto chain = checkpoint::Chain::open(options.arguments, progress);
  OutputFile out(options.output,
                 options.force ? OutputFile::IfExists::replace : OutputFile::IfExists::refuse);
  const checkpoint::Snapshot snapshot(chain);
  progress.begin("merging", chain.summed_bytes());
  checkpoint::merge(snapshot, out, progress.advanced());
  out.flush();
  checkpoint::Image::open(out.temporary_path());  // never hand out what we would not take
  out.commit();
  return ExitStatus::done;
}

}  // namespace cpctl
