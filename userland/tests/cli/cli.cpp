// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"

#include <sys/wait.h>

#include <cstdlib>

namespace cpctl {

const char* const cpctl_program = CPCTL_PROGRAM;
const char* const userland = CPCTL_SOURCES;

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Outcome Cli::execute(const std::string& command) const {
  const std::string all =
      command + " >" + quoted(output_ / "out") + " 2>" + quoted(output_ / "err");
  const int status = std::system(all.c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = checkpoint::read_file(output_ / "out"),
          .err = checkpoint::read_file(output_ / "err")};
}

Outcome Cli::run(const std::vector<std::string>& arguments) const {
  std::string command = quoted(cpctl_program);
  for (const std::string& argument : arguments) command += ' ' + quoted(argument);
  return execute(command);
}

Outcome Cli::shell(const std::string& script) const {
  return execute("cd " + quoted(dir_.path()) + " && cpctl=" + quoted(cpctl_program) +
                 " PATH=${cpctl%/*}:$PATH bash -c " + quoted(script));
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
