// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/options.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <sstream>

#include "checkpoint/durations.h"
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

void add_pid(po::options_description& all, Options& options, bool several) {
  const auto set = [&options, several](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const auto pid = checkpoint::parse_decimal(word);
      if (!pid || *pid == 0 || *pid > INT32_MAX)
        throw usage_error("--pid takes the number of a process")
            .found("'" + checkpoint::printable(word) + "'");
      if (std::count(options.pids.begin(), options.pids.end(), *pid) != 0)
        throw usage_error("--pid names a process twice").found(word);
      options.pids.push_back(*pid);
    }
    if (!several && options.pids.size() > 1)
      throw usage_error("this command takes one --pid")
          .found(checkpoint::str(options.pids.size()))
          .hint("full, inc, forget and status take several");
    options.pid = options.pids.front();
  };
  all.add_options()(
      "pid,p", po::value<std::vector<std::string>>()->value_name("PID")->notifier(set),
      several ? "the live process; more than once: each of them" : "the live process");
}

/// A number from 1 on.
po::typed_value<std::string>* number(std::uint64_t& target, const char* option) {
  return po::value<std::string>()->value_name("N")->notifier(
      [&target, option](const std::string& word) {
        const auto value = checkpoint::parse_decimal(word);
        if (!value || *value == 0)
          throw usage_error(checkpoint::str("--", option, " takes a number from 1 on"))
              .found("'" + checkpoint::printable(word) + "'");
        target = *value;
      });
}

po::typed_value<std::string>* duration(std::uint64_t& target, const char* option) {
  return po::value<std::string>()
      ->value_name("DURATION")
      ->notifier([&target, option](const std::string& word) {
        const auto value = checkpoint::parse_duration(word);
        if (!value || *value == 0)
          throw usage_error(checkpoint::str("--", option, " takes a duration above 0"))
              .found("'" + checkpoint::printable(word) + "'")
              .expected("500ms, 5s, 2m, 1h or 7d");
        target = *value;
      });
}

void add(po::options_description& all, Option option, Options& options) {
  auto add = all.add_options();
  switch (option) {
    case Option::pid:
      return add_pid(all, options, false);
    case Option::pids:
      return add_pid(all, options, true);
    case Option::json:
      add("json", po::bool_switch(&options.json), "print JSON");
      break;
    case Option::quiet:
      add("quiet,q", po::bool_switch(&options.quiet), "no progress and no report, only errors");
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
      add("map", text(options.map_name, "NAME"),
          "the mappings of that name: heap, stack, a path or its end");
      break;
    case Option::all:
      add("all", po::bool_switch(&options.all), "all of user space");
      break;
    case Option::holes:
      add("holes", text(options.holes, "error|zero"),
          "where nothing was mapped or saved: fail, or write zeros (error)");
      break;
    case Option::no_verify:
      add("no-verify", po::bool_switch(&options.no_verify), "do not compare checksums first");
      break;
    case Option::shared:
      add("shared", text(options.shared, "error|keep|write"),
          "shared pages that differ: an error, left as they are, or written, which other "
          "processes or the file see (error)");
      break;
    case Option::leave_extra:
      add("leave-extra", po::bool_switch(&options.leave_extra),
          "leave alone what is mapped now and was not then, as what a heap has grown by; an error "
          "otherwise");
      break;
    case Option::other_process:
      add("other-process", po::bool_switch(&options.other_process),
          "the process need not be the one that was saved, only have its layout: the same program "
          "started again under setarch -R");
      break;
    case Option::dry_run:
      add("dry-run", po::bool_switch(&options.dry_run), "say what would be done, and do nothing");
      break;
    case Option::show_map:
      add("mappings", po::bool_switch(&options.show_map), "list the mappings");
      break;
    case Option::show_pages:
      add("pages", po::bool_switch(&options.show_pages), "list the runs of pages");
      break;
    case Option::top:
      add("top", number(options.top, "top"), "show the N mappings that changed most (10)");
      break;
    case Option::over_time:
      add("over-time", po::bool_switch(&options.over_time), "a row for each inc");
      break;
    case Option::compare:
      add("compare", po::bool_switch(&options.compare),
          "a page that was saved with the same bytes did not change");
      break;
    case Option::ascii:
      add("ascii", po::bool_switch(&options.ascii), "no characters beyond ASCII");
      break;
    case Option::color:
      add("color", text(options.color, "auto|always|never"), "colours on the terminal (auto)");
      break;
    case Option::svg:
      add("svg", po::bool_switch(&options.svg), "make an SVG picture");
      break;
    case Option::html:
      add("html", po::bool_switch(&options.html), "make an HTML page");
      break;
    case Option::hex:
      add("hex", po::bool_switch(&options.hex), "print the bytes that differ");
      break;
    case Option::limit:
      add("limit", text(options.limit, "ROWS"), "of --hex: the most to print (100); 0: all");
      break;
    case Option::chain:
      add("chain", po::value(&options.chain)->value_name("IMAGE"),
          "one more image to look among for parents");
      break;
    case Option::missing_files:
      add("missing-files", text(options.missing_files, "error|skip|zero"),
          "where a mapped file is not that one any more: fail, leave its pages out, or make them "
          "zeros (error)");
      break;
    case Option::missing_zeros:
      add("missing-files", text(options.missing_files, "error|zero"),
          "where a mapped file is not that one any more: fail, or write zeros (error)");
      break;
    case Option::every:
      add("every", duration(options.every_ns, "every"), "the interval, from start to start");
      break;
    case Option::full_every:
      add("full-every", number(options.full_every, "full-every"),
          "begin a new chain after N images (60)");
      break;
    case Option::keep:
      add("keep", number(options.keep, "keep"), "remove all chains but the newest N (keep all)");
      break;
    case Option::count:
      add("count", number(options.count, "count"), "stop after N images");
      break;
    case Option::keep_last:
      add("keep-last", number(options.keep_last, "keep-last"), "keep the newest N points");
      break;
    case Option::keep_since:
      add("keep-since", text(options.keep_since, "TIME"),
          "keep what is as new as that: 2h, or 2025-01-31T12:00:00, in UTC");
      break;
    case Option::keep_every:
      add("keep-every", duration(options.keep_every_ns, "keep-every"),
          "keep the last point of each such period");
      break;
    case Option::words:
      add("words", po::bool_switch(&options.words), "only words, for the completion of the shell");
      break;
  }
}

/// Each command takes it; no help names it.
void add_proc_root(po::options_description& all, Options& options) {
  all.add_options()("proc-root", text(options.proc_root, "DIR"));
}

void add_all(po::options_description& all, const std::vector<Option>& taken, Options& options) {
  for (const Option option : taken) add(all, option, options);
  all.add_options()("help,h", po::bool_switch(&options.help), "print this help");
}

/// Boost puts the option into its text in place of "%canonical_option%" and the
/// like, over and over where the option itself has that in it.
std::string message_of(const po::error& error) {
  const auto* about = dynamic_cast<const po::error_with_option_name*>(&error);
  if (about == nullptr || about->get_option_name().find('%') == std::string::npos)
    return error.what();
  return checkpoint::str("unrecognised option '", about->get_option_name(), "'");
}

/// The word is an option of any command, and the next one is its value.
bool takes_value(const std::string& word) {
  static const po::options_description any = [] {
    static Options options;  // the notifiers refer to it
    po::options_description all;
    for (int n = 0; n <= static_cast<int>(Option::words); ++n)
      if (const auto option = static_cast<Option>(n); option != Option::pids)
        add(all, option, options);
    add_proc_root(all, options);
    return all;
  }();
  const bool is_long = word.starts_with("--");
  if (!is_long && (word.size() != 2 || word.front() != '-')) return false;
  const auto& rows = any.options();
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    const std::string name =
        is_long ? "--" + row->long_name()
                : row->canonical_display_name(po::command_line_style::allow_dash_for_short);
    return name == word && row->semantic()->max_tokens() > 0;
  });
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
  add_proc_root(all, options);
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
    throw usage_error(checkpoint::printable(message_of(error)));
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
