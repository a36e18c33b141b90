// SPDX-License-Identifier: GPL-2.0-or-later
// Options of cpctl as words of a command line: what cpctl/options.h reads.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "cpctl/options.h"

namespace cpctl {

using Words = std::vector<std::string>;

/// Where the value of an option goes, and what kind it is of.
struct Pids {};
struct Number {
  std::uint64_t Options::*field;
};
struct Duration {
  std::uint64_t Options::*field;
};
using Field = std::variant<bool Options::*, std::string Options::*,
                           std::vector<std::string> Options::*, Number, Duration, Pids>;

struct OptionRow {
  std::optional<Option> option;  ///< nullopt: every command takes it
  std::string_view name;
  char letter;  ///< NUL: none
  Field field;
};

/// All options.
std::span<const OptionRow> option_rows();

/// What is set otherwise than by default, each with "--name=VALUE"; and the
/// arguments.
Words words_of(const Options& options);

/// An option in one of four forms; @value: none.
enum class Form { long_joined, long_apart, short_joined, short_apart };
void append_option(Words& words, const OptionRow& row, Form form,
                   const std::optional<std::string>& value);

bool same(const Options& a, const Options& b);

}  // namespace cpctl
