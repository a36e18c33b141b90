// SPDX-License-Identifier: GPL-2.0-or-later
// What a heat map looks like: as text, as a picture, as a page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/image_builder.h"
#include "cpctl/heat_svg.h"
#include "cpctl/heat_text.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::HeatArea;
using checkpoint::Heatmap;
using checkpoint::Image;
using checkpoint::ImageBuilder;
using ::testing::HasSubstr;
using ::testing::Not;

/// A full image and two incs: of [heap], 8 pages, the first one changes twice
/// and the last one once; of the other, 2 pages, each once.
class HeatOutput : public ::testing::Test {
 protected:
  explicit HeatOutput(std::string name = "/a <b>&\"c\"\x1b[31m\xff") : name_(std::move(name)) {
    ImageBuilder full(0x10000, 0x40000);
    map(full).zero(0x10000, 0x18000).zero(0x20000, 0x22000);
    ImageBuilder first = ImageBuilder::inc_on(full.info());
    map(first).data(0x10000, 0x11000, 1).data(0x20000, 0x22000, 1);
    ImageBuilder second = ImageBuilder::inc_on(first.info());
    map(second).data(0x10000, 0x11000, 2).data(0x17000, 0x18000, 2);
    for (const ImageBuilder& image : {full, first, second}) built_.push_back(image.build());
    std::vector<Image> images;
    for (const auto& bytes : built_) images.push_back(Image::from_bytes(bytes, "image"));
    chain_.emplace(Chain::from_images(std::move(images)));
    heatmap_.emplace(*chain_, find_changes(*chain_, checkpoint::Compare::where_needed));
    areas_ = heatmap_->hottest(9);
  }

  ImageBuilder& map(ImageBuilder& image) const {
    return image.map(0x10000, 0x18000, "[heap]").map(0x20000, 0x22000, name_);
  }

  std::string legend(const HeatStyle& style) const {
    std::ostringstream out;
    write_heat_legend(out, style);
    return out.str();
  }
  std::string table(const HeatStyle& style) const {
    std::ostringstream out;
    write_heat_areas(out, *heatmap_, areas_, style);
    return out.str();
  }
  std::string over_time(const HeatStyle& style) const {
    std::ostringstream out;
    write_heat_over_time(out, *heatmap_, areas_, chain_->images(), style);
    return out.str();
  }
  std::string svg() const {
    std::ostringstream out;
    write_heat_svg(out, {*heatmap_, areas_, chain_->images()});
    return out.str();
  }
  std::string html() const {
    std::ostringstream out;
    write_heat_html(out, {*heatmap_, areas_, chain_->images()});
    return out.str();
  }

  std::string name_;
  std::vector<checkpoint::Bytes> built_;
  std::optional<Chain> chain_;
  std::optional<Heatmap> heatmap_;
  std::vector<HeatArea> areas_;
};

TEST_F(HeatOutput, TheLegendSaysWhatTheCharactersMean) {
  EXPECT_EQ(legend({}),
            "share of pages that changed in an inc: | | 0 |.| to 1 % |-| to 10 % |+| to 50 % |#| "
            "more\n");
  EXPECT_EQ(legend({.utf8 = true}),
            "share of pages that changed in an inc: │ │ 0 │░│ to 1 % │▒│ to 10 % │▓│ to 50 % │█│ "
            "more\n");
}

TEST_F(HeatOutput, EachAreaHasAStripOfItsAddresses) {
  EXPECT_EQ(table({.width = 90}),
            "RANGE                         PERM       SIZE  CHANGES   SHARE  IN INCS  NAME\n"
            "0x10000-0x18000               rw-p   32.0 KiB        3  18.8 %      2/2  [heap]\n"
            "|#      +|\n"
            "0x20000-0x22000               rw-p    8.0 KiB        2  50.0 %      1/2\n"
            "  /a <b>&\"c\"\\033[31m\xff\n"
            "|++|\n");
  EXPECT_THAT(table({.utf8 = true}), HasSubstr("\n│█      ▓│\n"));
}

TEST_F(HeatOutput, ColumnsFitTheWidth) {
  EXPECT_THAT(over_time({.width = 36}), HasSubstr("      1 22:13:21 |#    ##|        3\n"
                                                  "      2 22:13:22 |#   +  |        2\n"));
}

TEST_F(HeatOutput, ColoursChangeWithTheLevel) {
  EXPECT_THAT(table({.colors = true}),
              HasSubstr("\n|\033[38;5;196m#      \033[38;5;208m+\033[0m|\n"));
  EXPECT_THAT(table({.colors = true}), HasSubstr("\n|\033[38;5;208m++\033[0m|\n"));
  EXPECT_THAT(legend({.colors = true}), HasSubstr("| | 0 |\033[38;5;75m.\033[0m| to 1 %"));
}

TEST_F(HeatOutput, OverTimeEachIncIsARow) {
  EXPECT_EQ(over_time({.width = 60}),
            "a  0x10000-0x18000 rw-p [heap]\n"
            "b  0x20000-0x22000 rw-p /a <b>&\"c\"\\033[31m\xff\n"
            "    SEQ     TIME  aaaaaaaabb   CHANGES\n"
            "      1 22:13:21 |#       ##|        3\n"
            "      2 22:13:22 |#      #  |        2\n");
}

TEST_F(HeatOutput, ThePictureIsSelfContainedAndLabelled) {
  const std::string text = svg();
  EXPECT_THAT(text, HasSubstr("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox="));
  EXPECT_THAT(text, HasSubstr("role=\"img\" aria-labelledby=\"heat-title heat-text\""));
  EXPECT_THAT(text, HasSubstr("<title id=\"heat-title\">Memory that changed: process 4321, 2 incs"
                              "</title>"));
  EXPECT_THAT(text, HasSubstr("prefers-color-scheme:dark"));
  for (const char* bad : {"<script", "href", "url(", "@import", "<image"})
    EXPECT_THAT(text, Not(HasSubstr(bad)));
}

TEST_F(HeatOutput, ThePictureSaysWhereAndWhen) {
  const std::string text = svg();
  EXPECT_THAT(text, HasSubstr("<rect x=\"20\" y=\"133\" width=\"80\" height=\"16\" class=\"h4\">"
                              "<title>[heap] 0x10000-0x11000, 4.0 KiB: 2 changes, 100.0 %</title>"
                              "</rect>\n"
                              "<rect x=\"580\" y=\"133\" width=\"80\" height=\"16\" class=\"h3\">"
                              "<title>[heap] 0x17000-0x18000, 4.0 KiB: 1 changes, 50.0 %</title>"
                              "</rect>\n"));
  EXPECT_THAT(text, HasSubstr("<title>inc 1, 2023-11-14T22:13:21: 2 changes, 100.0 %</title>"));
  EXPECT_THAT(text, HasSubstr("<title>inc 2, 2023-11-14T22:13:22: [heap] 0x17000-0x18000, "
                              "4.0 KiB: 1 changes, 100.0 %</title>"));
}

TEST_F(HeatOutput, NamesCannotBreakOut) {
  for (const std::string& text : {svg(), html()}) {
    EXPECT_THAT(text, HasSubstr("/a &lt;b&gt;&amp;&quot;c&quot;\\033[31m\xef\xbf\xbd"));
    EXPECT_THAT(text, Not(HasSubstr("<b>")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
}

TEST_F(HeatOutput, ThePageHasTheFiguresAsATable) {
  const std::string text = html();
  EXPECT_TRUE(text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"));
  EXPECT_THAT(text, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
  EXPECT_THAT(text, HasSubstr("<tr><th scope=\"row\">[heap]</th><td>0x10000-0x18000</td>"
                              "<td>rw-p</td><td class=\"n\">32.0 KiB</td><td class=\"n\">3</td>"
                              "<td class=\"n\">18.8 %</td><td class=\"n\">2 of 2</td></tr>"));
  EXPECT_TRUE(text.ends_with("</html>\n"));
}

}  // namespace
}  // namespace cpctl
