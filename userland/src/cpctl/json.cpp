// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/json.h"

#include <array>
#include <cstdio>

#include "cpctl/utf8.h"

namespace cpctl {
namespace {

std::string escape(unsigned char byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(byte));
  return text.data();
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char first = text.front();
    if (length == 0)
      out += "\\ufffd";
    else if (first == '"' || first == '\\')
      out += {'\\', first};
    else if (static_cast<unsigned char>(first) < 0x20 || first == 0x7f)
      out += escape(static_cast<unsigned char>(first));
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

void Json::new_line() {
  if (style_ == Style::indented)
    out_ << '\n' << std::string(static_cast<std::size_t>(depth_) * 2, ' ');
}

void Json::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_) out_ << (style_ == Style::indented ? "," : ", ");
  if (depth_ > 0) new_line();
  first_ = false;
}

Json& Json::key(std::string_view name) {
  separate();
  out_ << json_string(name) << ": ";
  after_key_ = true;
  return *this;
}

Json& Json::value(std::string_view text) {
  return raw(json_string(text));
}

Json& Json::raw(std::string_view text) {
  separate();
  out_ << text;
  return *this;
}

Json& Json::open(char bracket) {
  separate();
  out_ << bracket;
  ++depth_;
  first_ = true;
  return *this;
}

Json& Json::close(char bracket) {
  --depth_;
  if (!first_) new_line();
  out_ << bracket;
  first_ = false;
  if (depth_ == 0) out_ << '\n';
  return *this;
}

}  // namespace cpctl
