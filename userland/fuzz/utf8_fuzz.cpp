// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as UTF-8, for JSON, for XML and for the terminal: what is taken for a
// character is one, and what is written says the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "checkpoint/text.h"
#include "cpctl/json.h"
#include "cpctl/utf8.h"

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

char as_char(std::uint32_t byte) {
  return static_cast<char>(static_cast<unsigned char>(byte));
}

/// The one way to write it, RFC 3629; "": there is none.
std::string encode(std::uint32_t code) {
  const auto tail = [code](unsigned shift) { return as_char(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {as_char(code)};
  if (code < 0x800) return {as_char(0xc0 | code >> 6), tail(0)};
  if (code >= 0xd800 && code < 0xe000) return "";
  if (code < 0x10000) return {as_char(0xe0 | code >> 12), tail(6), tail(0)};
  if (code < 0x110000) return {as_char(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
  return "";
}

/// What the first @length bytes of @text are, if they are a character.
std::uint32_t decode(std::string_view text, std::size_t length) {
  if (length == 1) return static_cast<unsigned char>(text[0]);
  std::uint32_t code = static_cast<unsigned char>(text[0]) & (0x7fU >> length);
  for (std::size_t n = 1; n < length; ++n)
    code = code << 6 | (static_cast<unsigned char>(text[n]) & 0x3fU);
  return code;
}

/// 0: there is none at the front of @text, which is not empty.
std::size_t expected_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (encode(decode(text, length)) == text.substr(0, length)) return length;
  return 0;
}

/// @text with all that is no character replaced, and its characters counted.
std::string repaired(std::string_view text, std::size_t& count) {
  std::string out;
  for (count = 0; !text.empty(); ++count) {
    const std::size_t length = cpctl::utf8_length(text);
    if (length != expected_length(text)) std::abort();
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

/// What a string of JSON says.
std::string read_json(std::string_view json) {
  std::string out;
  const auto take = [&json](std::size_t count) {
    const std::string_view taken = json.substr(0, count);
    if (taken.size() != count) std::abort();
    json.remove_prefix(count);
    return taken;
  };
  if (take(1) != "\"") std::abort();
  for (std::string_view next = take(1); next != "\""; next = take(1)) {
    if (static_cast<unsigned char>(next[0]) < ' ') std::abort();
    if (next != "\\") {
      out += next;
      continue;
    }
    const std::string_view kind = take(1);
    if (kind == "u")
      out += encode(static_cast<std::uint32_t>(std::stoul(std::string(take(4)), nullptr, 16)));
    else if (kind == "\"" || kind == "\\")
      out += kind;
    else
      std::abort();
  }
  if (!json.empty()) std::abort();
  return out;
}

/// What a text of XML says.
std::string read_xml(std::string_view xml) {
  constexpr std::pair<std::string_view, char> entities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  std::string out;
  while (!xml.empty()) {
    const auto* entity = std::begin(entities);
    while (entity != std::end(entities) && !xml.starts_with(entity->first)) ++entity;
    if (entity == std::end(entities) &&
        std::string_view("&<>\"'").find(xml[0]) != std::string::npos)
      std::abort();
    out += entity == std::end(entities) ? xml[0] : entity->second;
    xml.remove_prefix(entity == std::end(entities) ? 1 : entity->first.size());
  }
  return out;
}

/// Not for HTML: U+0080 to U+009F, U+FFFE, U+FFFF.
std::string without_forbidden(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = expected_length(text);
    const std::uint32_t code = decode(text, length);
    const bool forbidden = (code >= 0x80 && code < 0xa0) || code == 0xfffe || code == 0xffff;
    out += forbidden ? kReplacement : text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

/// The end of @text, or all of it, and no wider.
void check_end(std::string_view text, std::size_t count, std::size_t width) {
  const std::string end = cpctl::end_of(text, width);
  if (cpctl::character_count(end) > width) std::abort();
  if (count <= width && end != text) std::abort();
  if (count > width &&
      (!end.starts_with(std::string_view("...").substr(0, width)) ||
       !text.ends_with(std::string_view(end).substr(std::min<std::size_t>(width, 3)))))
    std::abort();
}

}  // namespace

/// A byte for the width.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t count = 0;
  const std::string good = repaired(text, count);
  if (cpctl::character_count(text) != count) std::abort();
  if (read_json(cpctl::json_string(text)) != good) std::abort();
  std::size_t ignored = 0;
  const std::string safe = repaired(checkpoint::printable(text), ignored);
  if (read_xml(cpctl::xml_text(text)) != without_forbidden(safe)) std::abort();
  check_end(text, count, data[0] % 40);
  return 0;
}
