// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/options.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <sstream>

#include "checkpoint/error.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

namespace po = boost::program_options;
using checkpoint::usage_error;

po::typed_value<std::string>* text(std::string& target, const char* name) {
  return po::value(&target)->value_name(name);
}

void add_pid(po::options_description& all, Options& options) {
  const auto set = [&options](const std::string& word) {
    const auto pid = checkpoint::parse_decimal(word);
    if (!pid || *pid == 0 || *pid > INT32_MAX)
      throw usage_error("--pid takes the number of a process").found("'" + word + "'");
    options.pid = *pid;
  };
  all.add_options()("pid,p", po::value<std::string>()->value_name("PID")->notifier(set),
                    "the live process");
}

void add(po::options_description& all, Option option, Options& options) {
  auto add = all.add_options();
  switch (option) {
    case Option::pid:
      return add_pid(all, options);
    case Option::json:
      add("json", po::bool_switch(&options.json), "print JSON");
      break;
    case Option::force:
      add("force,f", po::bool_switch(&options.force), "replace the output file if it exists");
      break;
    case Option::output:
      add("output,o", text(options.output, "FILE"), "the file to make");
      break;
    case Option::range:
      add("range", text(options.range, "A-B"), "addresses in hex, B exclusive, as in maps");
      break;
    case Option::map_name:
      add("map", text(options.map_name, "NAME"), "the mappings: heap, stack, a path or a name");
      break;
    case Option::all:
      add("all", po::bool_switch(&options.all), "all of user space");
      break;
    case Option::holes:
      add("holes", text(options.holes, "error|zero"), "what to do where no bytes are");
      break;
    case Option::no_verify:
      add("no-verify", po::bool_switch(&options.no_verify), "do not compare checksums first");
      break;
    case Option::show_map:
      add("map", po::bool_switch(&options.show_map), "list the mappings");
      break;
    case Option::show_pages:
      add("pages", po::bool_switch(&options.show_pages), "list the runs of pages");
      break;
    case Option::words:
      add("words", po::bool_switch(&options.words), "only words, for the completion of the shell");
      break;
  }
}

void add_all(po::options_description& all, const std::vector<Option>& taken, Options& options) {
  for (const Option option : taken) add(all, option, options);
  all.add_options()("help,h", po::bool_switch(&options.help), "print this help");
}

/// Options whose value may stand before the command.
bool takes_value(const std::string& word) {
  return word == "--pid" || word == "-p" || word == "--proc-root";
}

}  // namespace

std::string take_command(std::vector<std::string>& words) {
  for (std::size_t n = 0; n < words.size(); ++n) {
    if (takes_value(words[n])) {
      ++n;
      continue;
    }
    if (words[n].starts_with('-')) continue;
    std::string command = words[n];
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(n));
    return command;
  }
  return "";
}

Options parse_options(const std::vector<std::string>& words, const std::vector<Option>& taken) {
  Options options;
  po::options_description all;
  add_all(all, taken, options);
  all.add_options()("proc-root", text(options.proc_root, "DIR"));
  all.add_options()("argument", po::value(&options.arguments));
  po::positional_options_description positional;
  positional.add("argument", -1);
  try {
    namespace style = po::command_line_style;
    po::variables_map values;
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positional)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    throw usage_error(error.what());
  }
  return options;
}

std::string options_help(const std::vector<Option>& taken) {
  Options options;
  po::options_description all;
  add_all(all, taken, options);
  std::ostringstream out;
  out << all;
  return out.str();
}

std::vector<std::string> option_words(const std::vector<Option>& taken) {
  Options options;
  po::options_description all;
  add_all(all, taken, options);
  std::vector<std::string> words;
  for (const auto& option : all.options())
    words.push_back(checkpoint::str("--", option->long_name(),
                                    option->semantic()->max_tokens() > 0 ? "=" : ""));
  return words;
}

}  // namespace cpctl
