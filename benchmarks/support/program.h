// SPDX-License-Identifier: GPL-2.0-or-later
// Programs that are installed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bench {

/// Whether there is one of this name in the PATH.
bool installed(const std::string& program);

/// Starts one, in a session of its own, standard input empty and output to
/// @log.  It ends with this process.  Throws checkpoint::Error.
pid_t start_program(const std::vector<std::string>& arguments, const std::string& log);

/// Waits for its end.  Throws checkpoint::Error, with the end of @log, unless
/// it was a good one.
void await_program(pid_t pid, const std::string& name, const std::string& log);

/// Both.
void run_program(const std::vector<std::string>& arguments, const std::string& log);

/// Ends and reaps a process.
void end_program(pid_t pid);

}  // namespace bench
