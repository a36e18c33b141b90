// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/json.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cpctl {
namespace {

TEST(Json, NestsObjectsAndArrays) {
  std::ostringstream out;
  Json json(out);
  json.object().field("a", 1U).field("b", "x").field("c", true);
  json.key("d").array().value(2U).value("y").end_array();
  json.key("e").array().end_array();
  json.key("f").null().end_object();
  EXPECT_EQ(out.str(),
            "{\n  \"a\": 1,\n  \"b\": \"x\",\n  \"c\": true,\n"
            "  \"d\": [\n    2,\n    \"y\"\n  ],\n  \"e\": [],\n  \"f\": null\n}\n");
}

TEST(Json, EscapesWhatItMust) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\x7f"), R"("a\"b\\c\u000a\u0001\u007f")");
}

TEST(Json, KeepsUtf8AndReplacesAllElse) {
  EXPECT_EQ(json_string("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"})
    EXPECT_EQ(json_string(bad).substr(0, 7), "\"\\ufffd") << bad;
}

TEST(Json, MayStandOnOneLine) {
  std::ostringstream out;
  Json json(out, Json::Style::line);
  json.object().field("a", true).key("b").array().value(1U).value(2U).end_array().key("c").object();
  json.end_object().end_object();
  EXPECT_EQ(out.str(), "{\"a\": true, \"b\": [1, 2], \"c\": {}}\n");
}

}  // namespace
}  // namespace cpctl
