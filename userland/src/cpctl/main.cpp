// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl: drives /proc/PID/checkpoint and works with its images.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>

#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/signals.h"
#include "cpctl/version.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::usage_error;

void check_arguments(const Command& command, const Options& options) {
  const std::size_t count = options.arguments.size();
  if (count < command.least_arguments || count > command.most_arguments)
    throw usage_error(count < command.least_arguments ? "an argument is missing"
                                                      : "too many arguments");
  if (is_live(command) && options.pid == 0) throw usage_error("--pid PID is missing");
  if (std::count(options.arguments.begin(), options.arguments.end(), "-") > 1)
    throw usage_error("'-' stands more than once: there is one standard input")
        .hint("a file of that name is './-'");
}

/// What is wrong with an option is hinted at by what there is to say of it.
Options options_of(const Command& command, const std::vector<std::string>& words) {
  try {
    return parse_options(words, command.options);
  } catch (Error& error) {
    if (error.hint().empty())
      error.hint(checkpoint::str("'cpctl help ", command.name, "' lists its options"));
    throw;
  }
}

/// Runs the command; other errors of usage end with its usage line as hint.
ExitStatus run(const Command& command, const std::vector<std::string>& words) {
  try {
    Options options = options_of(command, words);
    if (options.help) options.arguments = {std::string(command.name)};
    if (options.help) return run_help(options);
    check_arguments(command, options);
    return command.run(options);
  } catch (Error& error) {
    if (error.kind() == Error::Kind::usage && error.hint().empty())
      error.hint("usage: " + usage_line(command));
    error.subject_if_none(command.name);
    throw;
  }
}

using Words = std::vector<std::string>;

/// --version, and nothing else but --json.
bool asks_for_version(const Words& words) {
  return words == Words{"--version"} || words == Words{"--version", "--json"} ||
         words == Words{"--json", "--version"};
}

ExitStatus run(Words words) {
  if (asks_for_version(words)) {
    const auto print = words.size() > 1 ? write_version : print_version;
    print(std::cout, "/proc", static_cast<std::uint64_t>(::getpid()));
    return ExitStatus::done;
  }
  if (words.empty()) throw usage_error("no command").hint("'cpctl help' lists the commands");
  std::string name = take_command(words);
  if (name.empty() && (words.front() == "--help" || words.front() == "-h")) {
    name = "help";
    words.clear();
  }
  if (name.empty()) throw usage_error("no command").hint("'cpctl help' lists the commands");
  return run(find_command(name), words);
}

/// Throws Error if not all was written that is to be.
void finish_output(ExitStatus status) {
  errno = 0;  // that of an earlier failure is not known any more
  std::cout.flush();
  if (std::cout || status != ExitStatus::done) return;
  if (errno != 0) throw checkpoint::system_failure("standard output", "write");
  throw checkpoint::Error(checkpoint::Error::Kind::failed, "standard output",
                          "not all could be written");
}

}  // namespace
}  // namespace cpctl

int main(int argc, char** argv) {
  using cpctl::ExitStatus;
  ExitStatus status = ExitStatus::failed;
  try {
    cpctl::handle_signals();
    status = cpctl::run({argv + 1, argv + argc});
    cpctl::finish_output(status);
  } catch (const checkpoint::Error& error) {
    cpctl::complain(error);
    status = cpctl::exit_status(error.kind());
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "cpctl: " << error.what() << '\n';
  }
  return static_cast<int>(status);
}
