// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbered_series.h"

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/numbers.h"
#include "checkpoint/rename_new.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// Both as is_temporary_name() has it.
constexpr std::string_view kUnfinished = ".tmpwriter";
constexpr std::string_view kLock = ".tmplocked";

std::string in_directory(const std::string& directory, const std::string& name) {
  return str(directory, directory.ends_with('/') ? "" : "/", name);
}

/// Held by the series of @pid that is at work in @directory.
std::string lock_path(const std::string& directory, std::uint64_t pid) {
  return in_directory(directory, str(pid, kLock));
}

UniqueFd open_directory(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  const bool missing = errno == ENOENT;
  Error failure = system_failure(directory, "open the directory");
  if (missing) failure.hint("make it first, by mkdir");
  throw failure;
}

HeldName hold(const std::string& directory, std::uint64_t pid) {
  for (int tries = 0; tries < 10; ++tries) {
    // One that cleans up holds it for a moment.
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (auto held = HeldName::take(lock_path(directory, pid))) return std::move(*held);
  }
  throw Error(Error::Kind::failed, directory,
              str("images of process ", pid, " are being saved there by another cpctl"))
      .hint("end that one, or name another directory");
}

/// Nothing also where it may not be taken: another user's.
std::optional<HeldName> take_if_possible(const std::string& path) {
  try {
    return HeldName::take(path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Names in @directory of unfinished images, and of locks, by process.
using Leftovers = std::map<std::uint64_t, std::vector<std::string>>;

void sort_in(Leftovers& leftovers, const std::string& name) {
  const std::string_view view = name;
  if (view.ends_with(kUnfinished)) {
    const auto numbered = parse_numbered_name(view.substr(0, view.size() - kUnfinished.size()));
    if (numbered) leftovers[numbered->pid].push_back(name);
  } else if (view.ends_with(kLock)) {
    const std::string_view number = view.substr(0, view.size() - kLock.size());
    const auto pid = parse_decimal(number);
    if (pid && str(*pid) == number) leftovers[*pid];
  }
}

Leftovers find_leftovers(const std::string& directory) {
  namespace fs = boost::filesystem;
  Leftovers leftovers;
  boost::system::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error))
    sort_in(leftovers, at->path().filename().string());
  if (error) throw system_failure(directory, "read the directory", error.value());
  return leftovers;
}

}  // namespace

NumberedSeries::NumberedSeries(std::string directory, std::uint64_t pid)
    : directory_(std::move(directory)),
      pid_(pid),
      fd_(open_directory(directory_)),
      held_(hold(directory_, pid_)) {
  const auto names = numbered_files(directory_, pid_);
  if (!names.empty()) number_ = names.back().number + 1;
  remove_leftovers();
}

void NumberedSeries::remove_leftovers() const {
  for (const auto& [pid, names] : find_leftovers(directory_)) {
    // Held meanwhile, so that none begins of which that would be the image.
    const bool mine = pid == pid_;
    const auto theirs = mine ? std::nullopt : take_if_possible(lock_path(directory_, pid));
    if (!mine && !theirs) continue;
    for (const std::string& name : names) remove(name);
  }
}

std::string NumberedSeries::path_of(const std::string& name) const {
  return in_directory(directory_, name);
}

std::string NumberedSeries::path() const {
  return path_of(numbered_name({.pid = pid_, .number = number_}));
}

std::string NumberedSeries::temporary_path() const {
  return path() + std::string(kUnfinished);
}

std::string NumberedSeries::commit() {
  const std::string temporary = temporary_path();
  std::uint64_t number = number_;
  std::string name = path();
  while (const int error = rename_new(temporary, name)) {
    if (error != EEXIST || number == UINT64_MAX)
      throw system_failure(name, "rename the finished image", error);
    name = path_of(numbered_name({.pid = pid_, .number = ++number}));
  }
  number_ = number + 1;
  sync();
  return name;
}

void NumberedSeries::discard() const {
  ::unlink(temporary_path().c_str());
}

void NumberedSeries::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    throw system_failure(path_of(name), "remove");
}

void NumberedSeries::sync() const {
  if (::fsync(fd_.get()) != 0) throw system_failure(directory_, "sync the directory");
}

}  // namespace checkpoint
