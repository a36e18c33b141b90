// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/utf8.h"

#include <gtest/gtest.h>

namespace cpctl {
namespace {

TEST(Utf8, CountsCharacters) {
  EXPECT_EQ(character_count(""), 0U);
  EXPECT_EQ(character_count("aé€😀"), 4U);
  EXPECT_EQ(character_count("a\xff\xe2\x82"), 4U);
}

TEST(Utf8, KeepsTheEndOfALongText) {
  EXPECT_EQ(end_of("abcdef", 6), "abcdef");
  EXPECT_EQ(end_of("abcdefg", 6), "...efg");
  EXPECT_EQ(end_of("äöüß€ab", 6), "...€ab");
  EXPECT_EQ(end_of("abcdef", 3), "...");
  EXPECT_EQ(end_of("abcdef", 2), "..");
  EXPECT_EQ(end_of("abcdef", 0), "");
}

TEST(Utf8, EscapesMarkup) {
  EXPECT_EQ(xml_text("</title><script>alert('1' & \"2\")"),
            "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)");
}

TEST(Utf8, XmlHasNoControlCharactersAndNothingButUtf8) {
  EXPECT_EQ(xml_text("a\n\x1b\x7f"), "a\\012\\033\\177");
  EXPECT_EQ(xml_text("é\xff\xc2\x9b\xef\xbf\xbf."), "é\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.");
}

}  // namespace
}  // namespace cpctl
