// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/settings.h"

#include <iostream>

#include "checkpoint/error.h"

namespace bench {
namespace {

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int n = 1; n < argc; ++n) {
    const std::string option = argv[n];
    const auto value = [&]() -> std::string {
      if (++n == argc) throw checkpoint::usage_error(option + " takes a value");
      return argv[n];
    };
    if (option == "--smoke")
      settings.profile = Profile::smoke;
    else if (option == "--quick")
      settings.profile = Profile::quick;
    else if (option == "--full")
      settings.profile = Profile::full;
    else if (option == "--dir")
      settings.dir = value();
    else if (option == "--disk")
      settings.disk = value();
    else if (option == "--json")
      settings.json = value();
    else
      throw checkpoint::usage_error("there is no option " + option);
  }
  return settings;
}

}  // namespace

int run(int argc, char** argv, const std::string& question,
        const std::function<void(const Settings&, Results&)>& body) try {
  const Settings settings = parse(argc, argv);
  Results results(question, settings.json);
  body(settings, results);
  results.complete();
  return 0;
} catch (const std::exception& error) {
  std::cerr << question << ": " << error.what() << std::endl;
  return 1;
}

}  // namespace bench
