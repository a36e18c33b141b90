// SPDX-License-Identifier: GPL-2.0-or-later
// Writes JSON, front to back.
#pragma once

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace cpctl {

/// Call object() or array() and their ends in pairs; key() before each value
/// of an object.
class Json {
 public:
  enum class Style {
    indented,
    line,  ///< all of it on one
  };
  explicit Json(std::ostream& out, Style style = Style::indented) : out_(out), style_(style) {}

  Json& object() { return open('{'); }
  Json& end_object() { return close('}'); }
  Json& array() { return open('['); }
  Json& end_array() { return close(']'); }

  Json& key(std::string_view name);
  Json& value(std::string_view text);
  Json& value(const char* text) { return value(std::string_view(text)); }
  Json& value(bool truth) { return raw(truth ? "true" : "false"); }
  Json& value(std::unsigned_integral auto number) { return raw(std::to_string(number)); }
  Json& null() { return raw("null"); }

  /// key() and value().
  template <typename T>
  Json& field(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

 private:
  Json& open(char bracket);
  Json& close(char bracket);
  Json& raw(std::string_view text);
  void separate();
  void new_line();

  std::ostream& out_;
  Style style_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

/// With its quotes.  Bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace cpctl
