// SPDX-License-Identifier: GPL-2.0-or-later
// Text that may be UTF-8 or anything else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cpctl {

/// Bytes of the UTF-8 character at the front of @text; 0: there is none.
std::size_t utf8_length(std::string_view text);

/// How many characters; a byte that is no UTF-8 counts as one.
std::size_t character_count(std::string_view text);

/// @text, or "..." and its last characters, @width in all: the end of a path
/// says most.
std::string end_of(std::string_view text, std::size_t width);

/// For XML and HTML, as text or in an attribute: markup is escaped, control
/// characters are as printable() has them, and bytes that are no UTF-8, or no
/// character of XML, become U+FFFD.
std::string xml_text(std::string_view text);

}  // namespace cpctl
