// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl --pid PID full|inc ...
#include <boost/filesystem.hpp>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <optional>

#include "checkpoint/numbered_files.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/progress.h"
#include "cpctl/range_option.h"
#include "cpctl/save_jobs.h"
#include "cpctl/save_report.h"
#include "cpctl/signals.h"
#include "cpctl/status_json.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::Kind;
using checkpoint::Process;
using checkpoint::SaveCommand;
using checkpoint::str;
using checkpoint::usage_error;

std::uint64_t address(const std::string& word, const char* name) {
  const auto value = checkpoint::parse_number(word);
  if (!value)
    throw usage_error(str(name, " is no address"))
        .found("'" + checkpoint::printable(word) + "'")
        .expected("0x... or decimal");
  return *value;
}

/// START END, --range, --map or --all: exactly one of them.
void set_range(SaveCommand& command, const Options& options, const Process& process) {
  const bool positional = options.arguments.size() == 3;
  const int given = int{positional} + int{!options.range.empty()} + int{!options.map_name.empty()} +
                    int{options.all};
  if (given != 1 || options.arguments.size() == 2)
    throw usage_error("give the range once: START END, --range, --map or --all");
  if (positional) {
    command.start = address(options.arguments[0], "START");
    command.end = address(options.arguments[1], "END");
  } else if (const auto range = range_of(options, process)) {
    command.start = range->start;
    command.end = range->end - 1;
  }
}

/// Where the image of @process goes.
std::string path_of(const Options& options, const Process& process) {
  const std::string& file = options.arguments.back();
  boost::system::error_code ignored;
  const bool directory = file != "-" && boost::filesystem::is_directory(file, ignored);
  if (options.pids.size() > 1 && !directory)
    throw usage_error("with several --pid, FILE is a directory that exists")
        .found("'" + checkpoint::printable(file) + "'")
        .hint("each process gets a numbered file there, PID.000001 and so on");
  return directory ? checkpoint::next_numbered_path(file, process.pid()) : file;
}

/// A job for each process.  Wrong use throws; what is wrong with one process is
/// the error of its job.
std::vector<SaveJob> make_jobs(Kind kind, const Options& options) {
  std::vector<SaveJob> jobs;
  for (const std::uint64_t pid : options.pids) {
    jobs.emplace_back(Process(options.proc_root, pid), SaveCommand{.kind = kind});
    SaveJob& job = jobs.back();
    job.command.path = path_of(options, job.process);
    try {
      set_range(job.command, options, job.process);
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::usage) throw;
      job.error = error;
    }
    static_cast<void>(job.command.text());  // usage as well
  }
  return jobs;
}

void run_jobs(std::vector<SaveJob>& jobs, const Options& options) {
  const bool stream = options.arguments.back() == "-";
  std::vector<Process> processes;
  for (SaveJob& job : jobs) {
    processes.push_back(job.process);
    job.before = baselines_of(job.process);
  }
  // Before there are threads, which would take them.
  std::optional<checkpoint::HeldSignals> signals;
  if (stream) signals.emplace();
  std::optional<ProgressBar> bar;
  if (!options.quiet) bar.emplace(STDERR_FILENO, [&] { return progress_of(processes); });
  if (stream && !jobs.front().error)
    save_to_standard_output(jobs.front(), *signals);
  else
    save_together(jobs);
}

void write_job(Json& json, const SaveJob& job) {
  json.object().field("pid", job.process.pid()).field("file", job.command.path);
  if (job.error)
    json.field("error", job.error->what());
  else if (job.figures)
    write_last(json.key("last"), job.figures->last, job.figures->measured);
  else
    json.key("last").null();
  json.end_object();
}

/// On @out what succeeded, on standard error what did not.
void print_jobs(std::ostream& out, const std::vector<SaveJob>& jobs, const Options& options) {
  Json json(out);
  if (options.json && jobs.size() > 1) json.array();
  for (const SaveJob& job : jobs) {
    if (options.json) write_job(json, job);
    if (!options.json && !options.quiet && !job.error)
      print_report(out, job.command, job.figures, job.before);
    if (job.error) complain(*job.error);
  }
  if (options.json && jobs.size() > 1) json.end_array();
}

ExitStatus save(Kind kind, const Options& options) {
  let_signals_kill();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes is an error with a name
  std::vector<SaveJob> jobs = make_jobs(kind, options);
  run_jobs(jobs, options);
  if (jobs.size() == 1 && jobs.front().error) throw *jobs.front().error;
  print_jobs(options.arguments.back() == "-" ? std::cerr : std::cout, jobs, options);
  ExitStatus worst = ExitStatus::done;
  for (const SaveJob& job : jobs)
    if (job.error) worst = std::max(worst, exit_status(job.error->kind()));
  return worst;
}

}  // namespace

ExitStatus run_full(const Options& options) {
  return save(Kind::full, options);
}

ExitStatus run_inc(const Options& options) {
  return save(Kind::inc, options);
}

}  // namespace cpctl
