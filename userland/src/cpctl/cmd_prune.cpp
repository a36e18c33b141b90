// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl prune --keep-last N DIR
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "checkpoint/durations.h"
#include "checkpoint/info_peek.h"
#include "checkpoint/merge.h"
#include "checkpoint/output_file.h"
#include "checkpoint/retention.h"
#include "checkpoint/same_memory.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::ImageDirectory;
using checkpoint::ImageFile;
using checkpoint::KeepRules;
using checkpoint::LeftAlone;
using checkpoint::OutputFile;
using checkpoint::printable;
using checkpoint::PruneStep;
using checkpoint::Snapshot;
using checkpoint::str;
using checkpoint::system_failure;
using checkpoint::UniqueFd;
using checkpoint::usage_error;

constexpr std::uint64_t kSecond = 1'000'000'000;

/// A time, or a duration before now.
std::uint64_t since_of(const std::string& word) {
  if (const auto time = checkpoint::parse_time(word)) return *time;
  const auto duration = checkpoint::parse_duration(word);
  if (!duration)
    throw usage_error("--keep-since takes a duration or a time")
        .found("'" + printable(word) + "'")
        .expected("2h, or 2025-01-31, or 2025-01-31T12:00:00, in UTC");
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  const std::uint64_t now = static_cast<std::uint64_t>(time.tv_sec) * kSecond;
  return now > *duration ? now - *duration : 0;
}

KeepRules rules_of(const Options& options) {
  if (options.keep_last == 0 && options.keep_since.empty() && options.keep_every_ns == 0)
    throw usage_error("say what to keep: --keep-last, --keep-since or --keep-every");
  KeepRules rules{.last = options.keep_last, .every_ns = options.keep_every_ns};
  if (!options.keep_since.empty()) rules.since_ns = since_of(options.keep_since);
  return rules;
}

/// What is in the place of a chain is what the chain says.
bool is_same(const Snapshot& folded, const Snapshot& snapshot, ByteProgress& progress) {
  if (folded.chain().newest().info().id != snapshot.chain().newest().info().id) return false;
  progress.begin("comparing", snapshot.data_bytes());
  return same_memory(snapshot, folded, progress.advanced());
}

/// Throws Error if the name is that of another file by now.
void check_still_there(const std::string& path, const ImageFile& image) {
  const auto found = checkpoint::peek_at(path);
  if (found && found->info.id == image.info.id) return;
  throw Error(Error::Kind::failed, path, "is another file than when the directory was read")
      .hint("somebody else works in this directory: once that is done, prune it again");
}

bool is_gone(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

/// Makes one image of a chain, in the place of its last one, @last.
void fold(const std::vector<std::string>& paths, const ImageFile& last, ByteProgress& progress) {
  const Chain chain = Chain::open(paths);
  OutputFile out(paths.back(), OutputFile::IfExists::replace);
  const Snapshot snapshot(chain);
  progress.begin("merging", chain.summed_bytes());
  merge(snapshot, out, progress.advanced());
  out.flush();
  const Chain folded = Chain::open({out.temporary_path()});
  verify(folded, progress);
  // What it replaces goes for good.
  if (!is_same(Snapshot(folded), snapshot, progress))
    throw Error(Error::Kind::failed, paths.back(), "the folded image differs from its chain")
        .hint("nothing was removed; does 'cpctl verify' find the images good?");
  check_still_there(paths.back(), last);
  out.commit();
}

class Pruning {
 public:
  Pruning(const ImageDirectory& directory, const Options& options, ByteProgress& progress)
      : directory_(directory),
        options_(options),
        progress_(progress),
        fd_(::open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_) throw system_failure(directory.path, "open the directory");
  }

  /// An error leaves this chain as it is, with every point that is kept.
  void run(const PruneStep& step) {
    try {
      if (!options_.dry_run) apply(step);
      progress_.print([&] { report(step); });
      done_.push_back(&step);
    } catch (const Error& error) {
      progress_.print([&] { complain(error); });
      if (status_ != ExitStatus::damaged) status_ = exit_status(error.kind());
    }
  }

  void write_json(const checkpoint::PrunePlan& plan) const {
    Json json(std::cout);
    json.object().field("dry_run", options_.dry_run).key("chains").array();
    for (const PruneStep* step : done_) {
      json.object().key("folded");
      if (step->fold.empty())
        json.null();
      else
        write_names(json.object().field("image", name(step->fold.back())).key("out_of"), step->fold)
            .end_object();
      write_names(json.key("removed"), step->remove).end_object();
    }
    json.end_array()
        .field("images_kept", plan.kept)
        .field("chains_left_alone", plan.left_alone.size())
        .end_object();
  }

  [[nodiscard]] ExitStatus status() const { return status_; }

 private:
  [[nodiscard]] const std::string& name(std::size_t n) const { return directory_.images[n].name; }

  void apply(const PruneStep& step) const {
    if (!step.fold.empty()) {
      std::vector<std::string> paths;
      for (const std::size_t n : step.fold) paths.push_back(directory_.path_of(name(n)));
      fold(paths, directory_.images[step.fold.back()], progress_);
    }
    for (const std::size_t n : step.remove) {
      const std::string path = directory_.path_of(name(n));
      if (is_gone(path)) continue;
      check_still_there(path, directory_.images[n]);
      if (::unlinkat(fd_.get(), name(n).c_str(), 0) != 0 && errno != ENOENT)
        throw system_failure(path, "remove");
    }
    if (::fsync(fd_.get()) != 0) throw system_failure(directory_.path, "sync the directory");
  }

  void report(const PruneStep& step) const {
    if (options_.json || options_.quiet) return;
    const char* would = options_.dry_run ? "would be " : "";
    if (!step.fold.empty())
      std::cout << printable(name(step.fold.back())) << ": " << would << "folded out of "
                << step.fold.size() << " images\n";
    for (const std::size_t n : step.remove)
      std::cout << printable(name(n)) << ": " << would << "removed\n";
  }

  Json& write_names(Json& json, const std::vector<std::size_t>& images) const {
    json.array();
    for (const std::size_t n : images) json.value(name(n));
    return json.end_array();
  }

  const ImageDirectory& directory_;
  const Options& options_;
  ByteProgress& progress_;
  UniqueFd fd_;
  std::vector<const PruneStep*> done_;
  ExitStatus status_ = ExitStatus::done;
};

/// Waits until what was written to it is on disc: a copy may be new.
void sync_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw system_failure(path, "sync");
}

/// What stays in the place of a copy is read, compared with it and on disc before the copy goes.
void verify_stand_ins(const ImageDirectory& directory, const checkpoint::Arrangement& arrangement,
                      const checkpoint::PrunePlan& plan, ByteProgress& progress) {
  const auto paths_to = [&](std::size_t image) {
    std::vector<std::string> paths;
    for (const std::size_t n : arrangement.path_to(image))
      paths.push_back(directory.path_of(directory.images[n].name));
    return paths;
  };
  std::set<std::size_t> seen;
  for (const PruneStep& step : plan.steps)
    for (const std::size_t n : step.remove) {
      const std::size_t stand_in = arrangement.same_as[n];
      if (stand_in == checkpoint::kNoImage) continue;
      const std::vector<std::string> paths = paths_to(stand_in);
      const Chain chain = Chain::open(paths);
      if (seen.insert(stand_in).second) {
        verify(chain, progress);
        for (const std::string& path : paths) sync_file(path);
        sync_file(directory.path);
      }
      const Chain copy = Chain::open(paths_to(n));
      verify(copy, progress);  // so that a fault is told of the right one
      if (!is_same(Snapshot(chain), Snapshot(copy), progress))
        throw Error(Error::Kind::damaged, paths.back(),
                    "has the id of " + printable(directory.images[n].name) + " and is another one")
            .hint("nothing was removed; which of them is right?");
    }
}

std::string why_of(LeftAlone::Why why, const ImageDirectory& directory,
                   const checkpoint::ArrangedChain& chain) {
  if (why == LeftAlone::Why::forked) return "it is forked, or others build on it";
  if (why == LeftAlone::Why::beside_a_broken_one)
    return "another one of the process and range is broken";
  if (why == LeftAlone::Why::beside_a_bad_file)
    return "an image that may build on it cannot be read, or is not complete";
  if (chain.fault.image == chain.images.front()) return chain.fault.text;
  return str(printable(directory.images[chain.fault.image].name), ": ", chain.fault.text);
}

/// Why a chain was left alone, about its first image.
Error error_of(const LeftAlone& left, const ImageDirectory& directory,
               const checkpoint::ArrangedChain& chain) {
  Error error(Error::Kind::damaged, directory.path_of(directory.images[chain.images.front()].name),
              "its chain was left alone: " + why_of(left.why, directory, chain));
  return error.hint(chain.fault.hint);
}

/// What is wrong with what was left alone; whether anything is.
bool report_left_alone(const ImageDirectory& directory, const checkpoint::Arrangement& arrangement,
                       const checkpoint::PrunePlan& plan) {
  bool broken = !directory.bad.empty();
  for (const auto& bad : directory.bad) complain(bad.error);
  for (const LeftAlone& left : plan.left_alone) {
    complain(error_of(left, directory, arrangement.chains[left.chain]));
    broken |= left.why == LeftAlone::Why::broken;
  }
  return broken;
}

}  // namespace

ExitStatus run_prune(const Options& options) {
  const KeepRules rules = rules_of(options);
  const ImageDirectory directory = checkpoint::scan_directory(options.arguments.front());
  const checkpoint::Arrangement arrangement = checkpoint::arrange(directory.images);
  const checkpoint::PrunePlan plan =
      plan_prune(directory.images, arrangement, directory.bad, rules);
  std::optional<ByteProgress> progress(std::in_place, options.quiet);
  if (!options.dry_run) verify_stand_ins(directory, arrangement, plan, *progress);
  Pruning pruning(directory, options, *progress);
  for (const PruneStep& step : plan.steps) pruning.run(step);
  progress.reset();  // before there is more on the terminal
  if (options.json)
    pruning.write_json(plan);
  else if (!options.quiet)
    std::cout << plan.kept << (plan.kept == 1 ? " image " : " images ")
              << (options.dry_run ? "would be kept" : "kept") << '\n';
  const bool broken = report_left_alone(directory, arrangement, plan);
  return broken ? ExitStatus::damaged : pruning.status();
}

}  // namespace cpctl
