// SPDX-License-Identifier: GPL-2.0-or-later
// What an input is refused with.
#pragma once

#include <optional>

#include "checkpoint/error.h"

namespace checkpoint {

/// That @error is of @kind and says what is wrong, in one line that does not
/// drive the terminal.
void check_message(const Error& error, Error::Kind kind);

/// What @function returns; nullopt: it threw an Error of @kind.
template <typename Function>
auto unless_refused(Error::Kind kind, Function function) -> std::optional<decltype(function())> {
  try {
    return function();
  } catch (const Error& error) {
    check_message(error, kind);
    return std::nullopt;
  }
}

}  // namespace checkpoint
