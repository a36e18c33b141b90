// SPDX-License-Identifier: GPL-2.0-or-later
// Any words as a command line of cpctl, with any set of options.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "checkpoint/error.h"
#include "cpctl/options.h"

namespace {

using cpctl::Option;
using Words = std::vector<std::string>;

/// Each bit of @mask is an option; of two that share a name, the first.
std::vector<Option> options_of(std::uint64_t mask) {
  std::vector<Option> taken;
  for (unsigned n = 0; n <= static_cast<unsigned>(Option::words); ++n)
    if ((mask >> n & 1) != 0) taken.push_back(static_cast<Option>(n));
  const auto drop = [&taken](Option option, Option other) {
    if (std::count(taken.begin(), taken.end(), other) != 0) std::erase(taken, option);
  };
  drop(Option::pids, Option::pid);
  drop(Option::show_map, Option::map_name);
  return taken;
}

/// Words that end with a NUL each.
Words words_of(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// One word, which is no option, is taken off; no other changes.
void take(Words words) {
  const Words before = words;
  const std::string command = cpctl::take_command(words);
  if (words == before) {
    if (!command.empty()) std::abort();
    return;
  }
  const auto at = std::mismatch(words.begin(), words.end(), before.begin()).second;
  if (command != *at || command.starts_with('-') || words.size() + 1 != before.size() ||
      !std::equal(at + 1, before.end(), words.begin() + (at - before.begin())))
    std::abort();
}

bool holds(const std::vector<Option>& taken, Option option) {
  return std::count(taken.begin(), taken.end(), option) != 0;
}

/// Numbers are as their options allow, and no option that is not taken is set.
void check(const cpctl::Options& options, const std::vector<Option>& taken) {
  if (options.pid != (options.pids.empty() ? 0 : options.pids.front())) std::abort();
  for (const std::uint64_t pid : options.pids)
    if (pid == 0 || pid > INT32_MAX ||
        std::count(options.pids.begin(), options.pids.end(), pid) > 1)
      std::abort();
  if (options.pids.size() > 1 && !holds(taken, Option::pids)) std::abort();
  if (options.full_every == 0 || options.top == 0) std::abort();
  if (options.every_ns != 0 && !holds(taken, Option::every)) std::abort();
  if (options.force && !holds(taken, Option::force)) std::abort();
  if (options.json && !holds(taken, Option::json)) std::abort();
}

/// Nothing of a command line drives the terminal.
void check(const checkpoint::Error& error) {
  if (error.kind() != checkpoint::Error::Kind::usage) std::abort();
  for (const char c : std::string_view(error.what()))
    if (c >= '\0' && c < ' ') std::abort();
}

}  // namespace

/// Eight bytes: the options that are taken.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t mask = 0;
  if (size < sizeof(mask)) return 0;
  std::memcpy(&mask, data, sizeof(mask));
  const std::vector<Option> taken = options_of(mask);
  const Words words =
      words_of({reinterpret_cast<const char*>(data) + sizeof(mask), size - sizeof(mask)});
  take(words);
  try {
    check(cpctl::parse_options(words, taken), taken);
  } catch (const checkpoint::Error& error) {
    check(error);
  }
  return 0;
}
