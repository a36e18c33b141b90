// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/complain.h"

#include <iostream>

namespace cpctl {

void complain(const checkpoint::Error& error) {
  std::cout.flush();
  std::cerr << "cpctl: " << error.what() << '\n';
  if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
}

}  // namespace cpctl
