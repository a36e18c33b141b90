// SPDX-License-Identifier: GPL-2.0-or-later
#include "option_words.h"

#include <iterator>

#include "checkpoint/text.h"

namespace cpctl {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

constexpr OptionRow kRows[] = {
    {std::nullopt, "help", 'h', &Options::help},
    {std::nullopt, "proc-root", 0, &Options::proc_root},
    {Option::pid, "pid", 'p', Pids{}},
    {Option::pids, "pid", 'p', Pids{}},
    {Option::json, "json", 0, &Options::json},
    {Option::quiet, "quiet", 'q', &Options::quiet},
    {Option::force, "force", 'f', &Options::force},
    {Option::output, "output", 'o', &Options::output},
    {Option::range, "range", 0, &Options::range},
    {Option::map_name, "map", 0, &Options::map_name},
    {Option::all, "all", 0, &Options::all},
    {Option::holes, "holes", 0, &Options::holes},
    {Option::no_verify, "no-verify", 0, &Options::no_verify},
    {Option::shared, "shared", 0, &Options::shared},
    {Option::leave_extra, "leave-extra", 0, &Options::leave_extra},
    {Option::other_process, "other-process", 0, &Options::other_process},
    {Option::dry_run, "dry-run", 0, &Options::dry_run},
    {Option::show_map, "mappings", 0, &Options::show_map},
    {Option::show_pages, "pages", 0, &Options::show_pages},
    {Option::top, "top", 0, Number{&Options::top}},
    {Option::over_time, "over-time", 0, &Options::over_time},
    {Option::compare, "compare", 0, &Options::compare},
    {Option::ascii, "ascii", 0, &Options::ascii},
    {Option::color, "color", 0, &Options::color},
    {Option::svg, "svg", 0, &Options::svg},
    {Option::html, "html", 0, &Options::html},
    {Option::hex, "hex", 0, &Options::hex},
    {Option::limit, "limit", 0, &Options::limit},
    {Option::chain, "chain", 0, &Options::chain},
    {Option::missing_files, "missing-files", 0, &Options::missing_files},
    {Option::missing_zeros, "missing-files", 0, &Options::missing_files},
    {Option::every, "every", 0, Duration{&Options::every_ns}},
    {Option::full_every, "full-every", 0, Number{&Options::full_every}},
    {Option::keep, "keep", 0, Number{&Options::keep}},
    {Option::count, "count", 0, Number{&Options::count}},
    {Option::keep_last, "keep-last", 0, Number{&Options::keep_last}},
    {Option::keep_since, "keep-since", 0, &Options::keep_since},
    {Option::keep_every, "keep-every", 0, Duration{&Options::keep_every_ns}},
    {Option::words, "words", 0, &Options::words},
};
// --help and --proc-root besides.
static_assert(std::size(kRows) == static_cast<std::size_t>(Option::words) + 1 + 2);

/// The values of an option in @options, of those that are set.
struct Values {
  const Options& options;
  using List = std::vector<std::optional<std::string>>;

  List operator()(bool Options::*field) const {
    return options.*field ? List{std::nullopt} : List{};
  }
  List operator()(std::string Options::*field) const {
    return options.*field != Options().*field ? List{options.*field} : List{};
  }
  List operator()(std::vector<std::string> Options::*field) const {
    return List((options.*field).begin(), (options.*field).end());
  }
  List operator()(Number number) const {
    const std::uint64_t value = options.*number.field;
    return value != Options().*number.field ? List{std::to_string(value)} : List{};
  }
  List operator()(Duration duration) const {
    const std::uint64_t value = options.*duration.field;
    return value != 0 ? List{std::to_string(value / kMillisecond) + "ms"} : List{};
  }
  List operator()(Pids) const {
    List list;
    for (const std::uint64_t pid : options.pids) list.emplace_back(std::to_string(pid));
    return list;
  }
};

struct Same {
  const Options& a;
  const Options& b;

  template <typename T>
  bool operator()(T Options::*field) const {
    return a.*field == b.*field;
  }
  bool operator()(Number number) const { return (*this)(number.field); }
  bool operator()(Duration duration) const { return (*this)(duration.field); }
  bool operator()(Pids) const { return a.pid == b.pid && a.pids == b.pids; }
};

}  // namespace

std::span<const OptionRow> option_rows() {
  return kRows;
}

void append_option(Words& words, const OptionRow& row, Form form,
                   const std::optional<std::string>& value) {
  const bool is_short = form == Form::short_joined || form == Form::short_apart;
  std::string word = is_short ? std::string{'-', row.letter} : "--" + std::string(row.name);
  const bool joined = form == Form::long_joined || form == Form::short_joined;
  if (value && joined) word += (is_short ? "" : "=") + *value;
  words.push_back(word);
  if (value && !joined) words.push_back(*value);
}

Words words_of(const Options& options) {
  Words words;
  for (const OptionRow& row : option_rows()) {
    // As pid, and as missing_files.
    if (row.option == Option::pids || row.option == Option::missing_zeros) continue;
    for (const auto& value : std::visit(Values{options}, row.field))
      // Nothing may stand behind "=" but something.
      append_option(words, row, value && value->empty() ? Form::long_apart : Form::long_joined,
                    value);
  }
  words.emplace_back("--");
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  return words;
}

bool same(const Options& a, const Options& b) {
  for (const OptionRow& row : option_rows())
    if (!std::visit(Same{a, b}, row.field)) return false;
  return a.arguments == b.arguments;
}

}  // namespace cpctl
