// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/signals.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "checkpoint/output_file.h"
#include "cpctl/exit_status.h"

namespace cpctl {
namespace {

constexpr int kEnding[] = {SIGINT, SIGTERM, SIGHUP};

void set_unless_ignored(int signal, void (*handler)(int)) {
  if (std::signal(signal, handler) == SIG_IGN) std::signal(signal, SIG_IGN);
}

void on_end(int signal) {
  checkpoint::remove_temporary_file();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void on_bus_error(int /*signal*/) {
  checkpoint::remove_temporary_file();
  constexpr std::string_view text =
      "cpctl: a file ended, or could not be read, where it was open: it changed meanwhile, "
      "or the disc fails\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(static_cast<int>(ExitStatus::damaged));
}

}  // namespace

void handle_signals() {
  for (const int signal : kEnding) set_unless_ignored(signal, on_end);
  std::signal(SIGBUS, on_bus_error);
  std::signal(SIGXFSZ, SIG_IGN);
}

void let_signals_kill() {
  for (const int signal : kEnding) set_unless_ignored(signal, SIG_DFL);
}

}  // namespace cpctl
