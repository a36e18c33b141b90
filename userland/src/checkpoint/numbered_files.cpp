// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/numbered_files.h"

#include <boost/filesystem.hpp>

#include <algorithm>
#include <iomanip>

#include "checkpoint/error.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace checkpoint {

std::string numbered_name(const NumberedName& name) {
  return str(name.pid, '.', std::setw(6), std::setfill('0'), name.number);
}

std::optional<NumberedName> parse_numbered_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto pid = parse_decimal(name.substr(0, dot));
  const auto number = parse_decimal(name.substr(dot + 1));
  if (!pid || !number) return std::nullopt;
  const NumberedName parsed{.pid = *pid, .number = *number};
  if (numbered_name(parsed) != name) return std::nullopt;  // 007.7 is somebody else's
  return parsed;
}

std::vector<NumberedName> numbered_files(const std::string& directory, std::uint64_t pid) {
  namespace fs = boost::filesystem;
  std::vector<NumberedName> names;
  boost::system::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const auto name = parse_numbered_name(at->path().filename().string());
    if (name && name->pid == pid) names.push_back(*name);
  }
  if (error) throw system_failure(directory, "read the directory", error.value());
  std::sort(names.begin(), names.end());
  return names;
}

std::string next_numbered_path(const std::string& directory, std::uint64_t pid) {
  const auto names = numbered_files(directory, pid);
  const std::uint64_t number = names.empty() ? 1 : names.back().number + 1;
  return str(directory, directory.ends_with('/') ? "" : "/",
             numbered_name({.pid = pid, .number = number}));
}

}  // namespace checkpoint
