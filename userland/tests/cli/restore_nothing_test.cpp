// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl restore of a range of which the image has nothing.
#include "checkpoint/test_support/live_child.h"
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::kPageSize;
using checkpoint::range_text;
using checkpoint::str;

/// Four pages, and an image of more than these.
class RestoreNothing : public Cli {
 protected:
  RestoreNothing() {
    std::fill(area_.bytes().begin(), area_.bytes().end(), std::byte{'a'});
    child_.emplace();
    checkpoint::ImageBuilder image(area_.page(0), area_.page(16));
    image.map(area_.page(0), area_.page(4)).data(area_.page(0), area_.page(4), 'b');
    image.write_to(path("image"));
  }

  Outcome restore(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--pid", str(child_->pid()), "restore", "--other-process"});
    words.push_back(path("image"));
    return run(words);
  }
  [[nodiscard]] std::string pages(std::size_t first, std::size_t last) const {
    return range_text(area_.page(first), area_.page(last));
  }

  const checkpoint::Area area_{4};
  std::optional<checkpoint::LiveChild> child_;
};

TEST_F(RestoreNothing, IsAnErrorThatTellsWhereThereIsSomething) {
  const std::string error =
      str("cpctl: ", path("image"), ": nothing was mapped in this range (found ", pages(8, 12),
          ", expected some of ", pages(0, 4), " below)\nhint: 'cpctl info --mappings ",
          path("image"), "' lists its mappings\n");
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--dry-run"}, {"--json"}}) {
    std::vector<std::string> words = {"--range", pages(8, 12)};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = restore(words);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, error);
  }
}

TEST_F(RestoreNothing, ThatDiffersIsDone) {
  const std::string range = pages(1, 3);
  EXPECT_THAT(restore({"--range", range}).out, HasSubstr(": 2 pages written (8.0 KiB): "));
  const Outcome again = restore({"--range", range});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.err, "");
  EXPECT_THAT(again.out,
              HasSubstr(": 0 pages written (0 B): 0 data, 0 zero, 0 of files; 2 same, "));
}

}  // namespace
}  // namespace cpctl
