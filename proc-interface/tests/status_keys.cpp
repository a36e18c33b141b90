// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the file: the documented keys, and what they say after each command.
#include <linux/proc_checkpoint.h>

#include <algorithm>
#include <cerrno>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

const std::vector<std::string> always = {PROC_CHECKPOINT_KEY_VERSION, PROC_CHECKPOINT_KEY_STATE,
                                         PROC_CHECKPOINT_KEY_BYTES_DONE,
                                         PROC_CHECKPOINT_KEY_BYTES_TOTAL};
const std::vector<std::string> after_a_command = {
    PROC_CHECKPOINT_KEY_LAST_KIND,         PROC_CHECKPOINT_KEY_LAST_STATUS,
    PROC_CHECKPOINT_KEY_LAST_START,        PROC_CHECKPOINT_KEY_LAST_END,
    PROC_CHECKPOINT_KEY_LAST_ID,           PROC_CHECKPOINT_KEY_LAST_PARENT,
    PROC_CHECKPOINT_KEY_LAST_SEQ,          PROC_CHECKPOINT_KEY_LAST_PAGES_SCANNED,
    PROC_CHECKPOINT_KEY_LAST_PAGES_SAVED,  PROC_CHECKPOINT_KEY_LAST_PAGES_ZERO,
    PROC_CHECKPOINT_KEY_LAST_PAGES_COPIED, PROC_CHECKPOINT_KEY_LAST_PAGES_SKIPPED,
    PROC_CHECKPOINT_KEY_LAST_BYTES,        PROC_CHECKPOINT_KEY_LAST_STALL_NS,
    PROC_CHECKPOINT_KEY_LAST_TOTAL_NS};

void expect_last(const Status& status, const std::string& path, const Range& range) {
  checkpoint::Image image = open_image(path);
  const checkpoint::Info& info = image.info();
  EXPECT_EQ(status.text("last.kind"), info.kind == checkpoint::Kind::full ? "full" : "inc");
  EXPECT_EQ(status.text("last.status"), "0");
  EXPECT_EQ(status.number("last.start"), range.start);
  EXPECT_EQ(status.number("last.end"), range.end - 1);
  EXPECT_EQ(status.text("last.id"), checkpoint::id_text(info.id));
  EXPECT_EQ(status.text("last.parent"), checkpoint::id_text(info.parent));
  EXPECT_EQ(status.number("last.seq"), info.seq);
  EXPECT_EQ(status.number("last.pages_saved"), info.pages_data);
  EXPECT_EQ(status.number("last.pages_zero"), info.pages_zero);
  EXPECT_EQ(status.number("last.pages_copied"), info.pages_copied);
  EXPECT_EQ(status.number("last.pages_skipped"), info.pages_skipped);
  EXPECT_EQ(status.number("last.bytes"), image.file_size());
  EXPECT_EQ(status.number("last.stall_ns"), info.stall_ns);
  EXPECT(info.stall_ns > 0 && info.stall_ns <= status.number("last.total_ns"), info.stall_ns);
  EXPECT_EQ(status.text("state"), "idle");
  EXPECT_EQ(status.number("bytes_done"), image.file_size());
  EXPECT_EQ(status.number("bytes_total"), image.file_size());
}

}  // namespace

TEST_CASE(before_any_command) {
  Child fresh([](Child::Steps& steps) { steps.pause(); });
  Status status = Checkpointer(fresh.pid()).status();
  EXPECT(status.keys() == always);
  EXPECT_EQ(status.number("version"), unsigned{PROC_CHECKPOINT_INTERFACE_VERSION});
  EXPECT_EQ(status.text("state"), "idle");
  EXPECT_EQ(status.number("bytes_done"), 0u);
  EXPECT_EQ(status.number("bytes_total"), 0u);
  EXPECT(status.ranges().empty());
  fresh.finish();
}

TEST_CASE(after_each_command) {
  Area area(8);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  Status status = self.status();
  for (const std::string& key : always) EXPECT(status.has(key), key);
  for (const std::string& key : after_a_command) EXPECT(status.has(key), key);
  EXPECT_EQ(status.keys().size(), always.size() + after_a_command.size() + 1);
  expect_last(status, "full", area.range());
  EXPECT_EQ(status.number("last.pages_scanned"), 8u);

  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
  expect_last(self.status(), "inc", area.range());
  EXPECT_EQ(self.status().number("last.pages_saved"), 1u);
}

TEST_CASE(each_tracked_range_has_a_line) {
  Area area(16);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.forget(), 0);
  EXPECT(self.status().ranges().empty());

  REQUIRE_EQ(self.full(area.range(0, 4), "r1"), 0);
  REQUIRE_EQ(self.full(area.range(8, 4), "r2"), 0);
  REQUIRE_EQ(self.inc(area.range(8, 4), "r2.1"), 0);
  std::vector<TrackedRange> ranges = self.status().ranges();
  std::ranges::sort(ranges, {}, [](const TrackedRange& tracked) { return tracked.range.start; });
  REQUIRE_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].range, area.range(0, 4));
  EXPECT_EQ(ranges[0].id, checkpoint::id_text(open_image("r1").info().id));
  EXPECT_EQ(ranges[0].seq, 0u);
  EXPECT_EQ(ranges[1].range, area.range(8, 4));
  EXPECT_EQ(ranges[1].id, checkpoint::id_text(open_image("r2.1").info().id));
  EXPECT_EQ(ranges[1].seq, 1u);
}

TEST_CASE(a_failed_command_leaves_its_errno_by_name) {
  Area area(2);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "good"), 0);
  EXPECT_EQ(errno_text(self.full(area.range(), "good")), "EEXIST");
  std::string status = self.status().text("last.status");
  EXPECT_EQ(status, "EEXIST");
}

TEST_CASE(an_inc_without_baseline_says_full) {
  Area area(2);
  fill(area, 4);
  Checkpointer self;
  REQUIRE_EQ(self.inc(area.range(), "first"), 0);
  EXPECT_EQ(self.status().text("last.kind"), "full");
}
