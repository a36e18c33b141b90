// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbered_series.h"

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>  // renameat2
#include <utility>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// As is_temporary_name() has it.
constexpr std::string_view kUnfinished = ".tmpwriter";

/// Names in @directory of unfinished images of @pid.
std::vector<std::string> unfinished_files(const std::string& directory, std::uint64_t pid) {
  namespace fs = boost::filesystem;
  std::vector<std::string> names;
  boost::system::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(kUnfinished)) continue;
    const auto numbered =
        parse_numbered_name(std::string_view(name).substr(0, name.size() - kUnfinished.size()));
    if (numbered && numbered->pid == pid) names.push_back(name);
  }
  if (error) throw system_failure(directory, "read the directory", error.value());
  return names;
}

}  // namespace

NumberedSeries::NumberedSeries(std::string directory, std::uint64_t pid)
    : directory_(std::move(directory)),
      pid_(pid),
      fd_(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) throw system_failure(directory_, "open the directory");
  const auto names = numbered_files(directory_, pid_);
  if (!names.empty()) number_ = names.back().number + 1;
  for (const std::string& name : unfinished_files(directory_, pid_)) remove(name);
}

std::string NumberedSeries::path_of(const std::string& name) const {
  return str(directory_, directory_.ends_with('/') ? "" : "/", name);
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
  while (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno != EEXIST || number == UINT64_MAX)
      throw system_failure(name, "rename the finished image");
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
