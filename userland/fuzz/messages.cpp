// SPDX-License-Identifier: GPL-2.0-or-later
#include "messages.h"

#include <cstdlib>

#include "checkpoint/text.h"

namespace checkpoint {

void check_message(const Error& error, Error::Kind kind) {
  if (error.kind() != kind || error.problem().empty()) std::abort();
  const std::string_view text = error.what();
  if (text.find(error.problem()) == std::string_view::npos) std::abort();
  if (printable(text) != text || printable(error.hint()) != error.hint()) std::abort();
}

}  // namespace checkpoint
