// SPDX-License-Identifier: GPL-2.0-or-later
// Any words as a command line of cpctl, with any set of options: refused with an
// Error, or the same when it is written again.  And any options, written in any
// form: they are read as what they are.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "checkpoint/text.h"
#include "messages.h"
#include "option_words.h"

namespace {

using checkpoint::Error;
using cpctl::Form;
using cpctl::Option;
using cpctl::OptionRow;
using cpctl::Options;
using cpctl::Words;

/// Takes numbers and texts off an input; behind its end are zeros.
class Input {
 public:
  explicit Input(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::size_t have = std::min(bytes, rest_.size());
    std::memcpy(&value, rest_.data(), have);
    rest_.remove_prefix(have);
    return value;
  }

  /// Up to the next NUL.
  std::string text() {
    const std::string_view found = rest_.substr(0, rest_.find('\0'));
    rest_.remove_prefix(std::min(found.size() + 1, rest_.size()));
    return std::string(found);
  }

 private:
  std::string_view rest_;
};

/// Each bit of @mask is an option; of two that share a name, the first.
std::vector<Option> options_of(std::uint64_t mask) {
  std::vector<Option> taken;
  for (unsigned n = 0; n <= static_cast<unsigned>(Option::words); ++n)
    if ((mask >> n & 1) != 0) taken.push_back(static_cast<Option>(n));
  for (const auto& [first, second] : {std::pair(Option::pid, Option::pids),
                                      std::pair(Option::missing_files, Option::missing_zeros)})
    if (std::count(taken.begin(), taken.end(), first) != 0) std::erase(taken, second);
  return taken;
}

bool takes(const std::vector<Option>& taken, const OptionRow& row) {
  return !row.option || std::count(taken.begin(), taken.end(), *row.option) != 0;
}

/// An option of any command that takes a value: that may stand before the command.
bool takes_value(const std::string& word) {
  const auto rows = cpctl::option_rows();
  return std::any_of(rows.begin(), rows.end(), [&word](const OptionRow& row) {
    if (std::holds_alternative<bool Options::*>(row.field)) return false;
    return word == checkpoint::str("--", row.name) ||
           (row.letter != '\0' && word == checkpoint::str('-', row.letter));
  });
}

/// Of a row of words that take a value, each other one is the value.
bool is_value(const Words& words, std::size_t n) {
  std::size_t first = n;
  while (first > 0 && takes_value(words[first - 1])) --first;
  return (n - first) % 2 == 1;
}

/// The first word that is neither an option nor a value is taken off.
void check_command(const Words& words) {
  std::size_t n = 0;
  while (n < words.size() && (words[n].starts_with('-') || is_value(words, n))) ++n;
  Words expected = words;
  if (n < words.size()) expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(n));
  Words left = words;
  if (cpctl::take_command(left) != (n < words.size() ? words[n] : "")) std::abort();
  if (left != expected) std::abort();
}

/// Numbers are as their options allow.
void check_numbers(const Options& options) {
  for (const std::uint64_t pid : options.pids)
    if (pid == 0 || pid > INT32_MAX ||
        std::count(options.pids.begin(), options.pids.end(), pid) > 1)
      std::abort();
  if (options.full_every == 0 || options.top == 0) std::abort();
  if (options.every_ns > INT64_MAX || options.keep_every_ns > INT64_MAX) std::abort();
}

void check_words(const Words& words, const std::vector<Option>& taken) {
  check_command(words);
  const auto options = checkpoint::unless_refused(
      Error::Kind::usage, [&] { return cpctl::parse_options(words, taken); });
  if (!options) return;
  check_numbers(*options);
  // This would throw if an option were set that is not taken.
  if (!same(cpctl::parse_options(words_of(*options), taken), *options)) std::abort();
}

/// Chooses values, and sets them.
struct Choose {
  Input& input;
  Options& options;
  using Value = std::optional<std::string>;

  Value operator()(bool Options::*field) const {
    options.*field = true;
    return std::nullopt;
  }
  Value operator()(std::string Options::*field) const { return options.*field = input.text(); }
  Value operator()(std::vector<std::string> Options::*field) const {
    return (options.*field).emplace_back(input.text());
  }
  Value operator()(cpctl::Number number) const {
    const std::uint64_t value = std::max<std::uint64_t>(input.number(8), 1);
    options.*number.field = value;
    return std::to_string(value);
  }
  Value operator()(cpctl::Duration duration) const {
    constexpr std::pair<const char*, std::uint64_t> units[] = {
        {"", 1'000'000'000},   {"ms", 1'000'000},        {"s", 1'000'000'000},
        {"m", 60'000'000'000}, {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}};
    const auto [unit, nanoseconds] = units[input.number(1) % std::size(units)];
    const std::uint64_t value = 1 + input.number(8) % (INT64_MAX / nanoseconds);
    options.*duration.field = value * nanoseconds;
    return std::to_string(value) + unit;
  }
  Value operator()(cpctl::Pids) const {
    const std::uint64_t pid = options.pids.size() + 1 + input.number(2);
    options.pids.push_back(pid);
    options.pid = options.pids.front();
    return std::to_string(pid);
  }
};

/// A form in which @value can be had.
Form choose_form(Input& input, const OptionRow& row, const std::optional<std::string>& value) {
  const auto form = static_cast<Form>(input.number(1) % 4);
  const bool is_short =
      row.letter != '\0' && (form == Form::short_joined || form == Form::short_apart);
  if (value && value->empty()) return is_short ? Form::short_apart : Form::long_apart;
  if (value && value->starts_with('-')) return is_short ? Form::short_joined : Form::long_joined;
  if (is_short) return form;
  return form == Form::long_apart ? form : Form::long_joined;
}

/// Options and arguments in any order, and what they say.
void check_options(Input input, const std::vector<Option>& taken) {
  Options options;
  Words words;
  std::vector<const OptionRow*> used;
  while (!input.empty()) {
    const std::size_t choice = input.number(1) % (cpctl::option_rows().size() + 1);
    if (choice == cpctl::option_rows().size()) {
      const std::string argument = input.text();
      if (argument.starts_with('-') && argument != "-") break;
      words.push_back(argument);
      options.arguments.push_back(argument);
      continue;
    }
    const OptionRow& row = cpctl::option_rows()[choice];
    const bool again = row.option == Option::chain || row.option == Option::pids;
    if (!takes(taken, row) || (!again && std::count(used.begin(), used.end(), &row) != 0)) continue;
    used.push_back(&row);
    const auto value = std::visit(Choose{input, options}, row.field);
    append_option(words, row, choose_form(input, row, value), value);
  }
  words.emplace_back("--");
  while (!input.empty()) options.arguments.push_back(words.emplace_back(input.text()));
  // (one process twice is an error)
  std::vector<std::uint64_t> pids = options.pids;
  std::sort(pids.begin(), pids.end());
  const bool twice = std::adjacent_find(pids.begin(), pids.end()) != pids.end();
  const auto found = checkpoint::unless_refused(Error::Kind::usage,
                                                [&] { return cpctl::parse_options(words, taken); });
  if (found.has_value() == twice || (found && !same(*found, options))) std::abort();
}

}  // namespace

/// Eight bytes: the options that are taken.  A byte: whether words follow, each
/// with a NUL behind it, or what options and forms to choose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({reinterpret_cast<const char*>(data), size});
  const std::vector<Option> taken = options_of(input.number(8));
  if (input.number(1) % 2 == 0) {
    Words words;
    while (!input.empty()) words.push_back(input.text());
    check_words(words, taken);
  } else {
    check_options(input, taken);
  }
  return 0;
}
