// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "checkpoint/numbers.h"

namespace cpctl {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kMostWidth = 1000;

/// "" if it is not set.
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::size_t output_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  const auto columns = checkpoint::parse_decimal(environment("COLUMNS"));
  return columns && *columns != 0 ? std::min<std::size_t>(*columns, kMostWidth) : kUsualWidth;
}

bool output_is_utf8() {
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (locale.empty()) locale = environment(name);
  std::string letters;
  for (const char c : locale)
    if (c != '-') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters.find("utf8") != std::string::npos;
}

bool output_has_colors() {
  const std::string terminal = environment("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() && !terminal.empty() &&
         terminal != "dumb";
}

}  // namespace cpctl
