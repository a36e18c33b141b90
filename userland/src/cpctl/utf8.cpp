// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/utf8.h"

#include "checkpoint/text.h"

namespace cpctl {
namespace {

/// Bytes of the character at the front, a byte that is none included.
std::size_t step(std::string_view text) {
  const std::size_t length = utf8_length(text);
  return length == 0 ? 1 : length;
}

std::string_view escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

/// C1 controls, which HTML may not have, and U+FFFE and U+FFFF.
bool is_forbidden(std::string_view character) {
  return (character.size() == 2 && character[0] == '\xc2' &&
          static_cast<unsigned char>(character[1]) < 0xa0) ||
         character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t n) { return static_cast<unsigned char>(text[n]); };
  const unsigned first = byte(0);
  std::size_t length = 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t n = 1; n < length; ++n)
    if ((byte(n) & 0xc0U) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool too_far = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return overlong || too_far ? 0 : length;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(step(text));
  return count;
}

std::string end_of(std::string_view text, std::size_t width) {
  constexpr std::string_view dots = "...";
  std::size_t count = character_count(text);
  if (count <= width) return std::string(text);
  const std::size_t kept = width > dots.size() ? width - dots.size() : 0;
  for (; count > kept; --count) text.remove_prefix(step(text));
  return std::string(dots.substr(0, width)) + std::string(text);
}

std::string xml_text(std::string_view text) {
  const std::string safe = checkpoint::printable(text);
  std::string out;
  for (std::string_view rest = safe; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    const std::string_view character = rest.substr(0, length);
    const std::string_view escaped = escape(rest.front());
    if (length == 0 || is_forbidden(character))
      out += "\xef\xbf\xbd";
    else
      out += escaped.empty() ? character : escaped;
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace cpctl
