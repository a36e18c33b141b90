// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"

#include <sys/wait.h>

#include <cstdlib>

namespace cpctl {

const char* const cpctl_program = CPCTL_PROGRAM;
const char* const man_page = CPCTL_MAN_PAGE;

namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

Outcome Cli::run(const std::vector<std::string>& arguments) const {
  std::string command = "cpctl";
  for (const std::string& argument : arguments) command += ' ' + quoted(argument);
  return shell(command);
}

Outcome Cli::shell(const std::string& script) const {
  const std::string command =
      checkpoint::str("cpctl() { ", quoted(cpctl_program), " \"$@\"; }; { ", script, "\n} >",
                      quoted(output_ / "out"), " 2>", quoted(output_ / "err"));
  const int status = std::system(command.c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = checkpoint::read_file(output_ / "out"),
          .err = checkpoint::read_file(output_ / "err")};
}

std::vector<std::string> Cli::live(const checkpoint::FakeProc& proc,
                                   std::vector<std::string> arguments) {
  std::vector<std::string> all = {"--proc-root", proc.root(), "--pid",
                                  std::to_string(checkpoint::kFakePid)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

void Cli::make_samples() const {
  checkpoint::sample_full().write_to(path("full"));
  checkpoint::sample_inc().write_to(path("inc"));
}

}  // namespace cpctl
