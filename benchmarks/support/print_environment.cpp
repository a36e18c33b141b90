// SPDX-License-Identifier: GPL-2.0-or-later
// print_environment PROFILE: the first line of a file of results.
#include <iostream>

#include "support/results.h"

int main(int argc, char** argv) {
  std::cout << bench::environment_line(argc > 1 ? argv[1] : "") << '\n';
}
