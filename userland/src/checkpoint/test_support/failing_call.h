// SPDX-License-Identifier: GPL-2.0-or-later
// A kernel that does not have a system call, or a disc that fails.
#pragma once

#include <functional>

namespace checkpoint {

/// Runs @function in a thread in which the system call @number fails with
/// @error.
void with_failing_call(int number, int error, const std::function<void()>& function);

/// The same, where only calls whose first argument is @fd fail.
void with_failing_call_on(int fd, int number, int error, const std::function<void()>& function);

}  // namespace checkpoint
