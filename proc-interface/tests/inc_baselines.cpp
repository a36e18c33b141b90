// SPDX-License-Identifier: GPL-2.0-or-later
// What an inc builds on: the latest checkpoint of exactly its range, and a full
// image wherever the kernel can't vouch for one.
#include <linux/proc_checkpoint.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

void expect_full_instead_of_inc(const std::string& path) {
  checkpoint::Info info = open_image(path).info();
  EXPECT(info.kind == checkpoint::Kind::full, path);
  EXPECT(info.asked_inc(), path);
  EXPECT_EQ(info.seq, 0u, path);
  EXPECT(checkpoint::is_zero(info.parent), path);
}

void expect_inc(const std::string& path) {
  checkpoint::Info info = open_image(path).info();
  EXPECT(info.kind == checkpoint::Kind::inc, path);
  EXPECT(!info.asked_inc(), path);
}

}  // namespace

TEST_CASE(the_first_inc_of_a_range_is_full_and_says_so) {
  Area area(4);
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.inc(area.range(), "first"), 0);
  expect_full_instead_of_inc("first");
  EXPECT_EQ(picture("first", area.range()), "DDDD");
  touch(area.page(2));
  REQUIRE_EQ(self.inc(area.range(), "second"), 0);
  expect_inc("second");
  EXPECT_EQ(picture("second", area.range()), "..D.");
  expect_chain_equals_memory({"first", "second"}, area.range());
}

TEST_CASE(a_full_that_was_asked_for_is_not_marked) {
  Area area(1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "asked"), 0);
  EXPECT_EQ(open_image("asked").info().flags, 0u);
}

TEST_CASE(forget_ends_all_baselines) {
  Area area(8);
  fill(area, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(0, 2), "forget.a"), 0);
  REQUIRE_EQ(self.full(area.range(4, 2), "forget.b"), 0);
  REQUIRE_EQ(self.forget(), 0);
  EXPECT(self.status().ranges().empty());
  REQUIRE_EQ(self.inc(area.range(0, 2), "forget.a1"), 0);
  REQUIRE_EQ(self.inc(area.range(4, 2), "forget.b1"), 0);
  expect_full_instead_of_inc("forget.a1");
  expect_full_instead_of_inc("forget.b1");
  EXPECT_EQ(self.forget(), 0);
  EXPECT_EQ(self.forget(), 0);
}

TEST_CASE(disjoint_ranges_keep_their_own) {
  Area area(8);
  fill(area, 3);
  const Range a = area.range(0, 3), b = area.range(3, 3);  // neighbours
  Checkpointer self;
  REQUIRE_EQ(self.full(a, "a"), 0);
  REQUIRE_EQ(self.full(b, "b"), 0);
  touch(area.page(1));
  touch(area.page(4));
  REQUIRE_EQ(self.inc(a, "a1"), 0);
  touch(area.page(2));
  touch(area.page(5));
  REQUIRE_EQ(self.inc(b, "b1"), 0);
  REQUIRE_EQ(self.inc(a, "a2"), 0);
  EXPECT_EQ(picture("a1", a), ".D.");
  EXPECT_EQ(picture("b1", b), ".DD");
  EXPECT_EQ(picture("a2", a), "..D");
  expect_chain_equals_memory({"a", "a1", "a2"}, a);
  expect_chain_equals_memory({"b", "b1"}, b);
}

TEST_CASE(an_overlapping_range_ends_the_others) {
  Area area(8);
  fill(area, 4);
  const Range left = area.range(0, 4), middle = area.range(2, 4), right = area.range(6, 2);
  Checkpointer self;
  REQUIRE_EQ(self.full(left, "o.left"), 0);
  REQUIRE_EQ(self.full(right, "o.right"), 0);
  touch(area.page(3));
  REQUIRE_EQ(self.inc(middle, "o.middle"), 0);
  expect_full_instead_of_inc("o.middle");
  touch(area.page(0));
  REQUIRE_EQ(self.inc(left, "o.left1"), 0);
  expect_full_instead_of_inc("o.left1");
  // And that one ended the middle's in turn; the right one was never touched.
  REQUIRE_EQ(self.inc(middle, "o.middle1"), 0);
  expect_full_instead_of_inc("o.middle1");
  REQUIRE_EQ(self.inc(right, "o.right1"), 0);
  expect_inc("o.right1");
  expect_chain_equals_memory({"o.middle1"}, middle);
}

TEST_CASE(ranges_within_and_around_overlap_too) {
  Area area(8);
  fill(area, 5);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "w.outer"), 0);
  REQUIRE_EQ(self.full(area.range(3, 1), "w.inner"), 0);
  touch(area.page(3));
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "w.outer1"), 0);
  expect_full_instead_of_inc("w.outer1");
  REQUIRE_EQ(self.inc(area.range(3, 1), "w.inner1"), 0);
  expect_full_instead_of_inc("w.inner1");
}

TEST_CASE(the_same_pages_by_other_bytes_are_the_same_range) {
  Area area(4);
  fill(area, 6);
  Checkpointer self;
  const Range range = area.range(1, 2);
  REQUIRE_EQ(self.full(range, "bytes"), 0);
  touch(area.page(1));
  REQUIRE_EQ(self.inc({range.start - 7, range.end + 9}, "bytes1"), 0);
  expect_inc("bytes1");
  expect_chain_equals_memory({"bytes", "bytes1"}, range);
}

TEST_CASE(clear_refs_ends_the_baselines) {
  Area area(8);
  fill(area, 7);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "clear"), 0);
  touch(area.page(2));
  REQUIRE_EQ(put("/proc/self/clear_refs", "4"), 0);
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "clear1"), 0);
  expect_full_instead_of_inc("clear1");
  touch(area.page(6));
  REQUIRE_EQ(self.inc(area.range(), "clear2"), 0);
  EXPECT_EQ(picture("clear2", area.range()), "......D.");
  expect_chain_equals_memory({"clear1", "clear2"}, area.range());
}

TEST_CASE(clear_refs_while_the_image_is_written) {
  Area area(256);
  fill(area, 13);
  Checkpointer self;
  {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("full", area.range(), fifo.path()));
    fifo.wait_for_data(command);
    // Behind the capture: the mark of this change is lost, and who knows of how many.
    touch(area.page(2));
    REQUIRE_EQ(put("/proc/self/clear_refs", "4"), 0);
    fifo.drain();
    REQUIRE_EQ(errno_text(command.result()), "0");
  }
  EXPECT(self.status().ranges().empty());
  REQUIRE_EQ(self.inc(area.range(), "cleared"), 0);
  expect_full_instead_of_inc("cleared");
  expect_chain_equals_memory({"cleared"}, area.range());
}

TEST_CASE(a_forked_child_has_none_and_the_parent_keeps_its_own) {
  Area area(8);
  fill(area, 8);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "fork"), 0);
  touch(area.page(1));
  Child child([&](Child::Steps& steps) {
    Checkpointer own;
    EXPECT(own.status().ranges().empty());
    touch(area.page(3));
    REQUIRE_EQ(own.inc(area.range(), "child"), 0);
    expect_full_instead_of_inc("child");
    expect_chain_equals_memory({"child"}, area.range());
    touch(area.page(4));
    REQUIRE_EQ(own.inc(area.range(), "child1"), 0);
    expect_inc("child1");
    expect_chain_equals_memory({"child", "child1"}, area.range());
    steps.pause();
  });
  touch(area.page(6));
  REQUIRE_EQ(self.inc(area.range(), "fork1"), 0);
  expect_inc("fork1");
  EXPECT_EQ(picture("fork1", area.range()), ".D....D.");
  child.finish();
  touch(area.page(7));
  REQUIRE_EQ(self.inc(area.range(), "fork2"), 0);
  expect_chain_equals_memory({"fork", "fork1", "fork2"}, area.range());
}

TEST_CASE(the_parents_descriptor_in_a_child_is_of_the_parent) {
  Area area(2);
  fill(area, 9);
  Checkpointer parents;
  Child child([&](Child::Steps& steps) {
    fill(area, 10);
    REQUIRE_EQ(parents.full(area.range(), "of.parent"), 0);
    steps.pause();
  });
  child.finish();
  expect_chain_equals_memory({"of.parent"}, area.range());
}

TEST_CASE(one_range_too_many_drops_the_oldest) {
  constexpr std::size_t limit = PROC_CHECKPOINT_MAX_RANGES;
  Area area(limit + 1);
  fill(area, 11);
  Checkpointer self;
  REQUIRE_EQ(self.forget(), 0);
  for (std::size_t i = 0; i <= limit; i++)
    REQUIRE_EQ(self.full(area.range(i, 1), "many" + std::to_string(i)), 0);
  EXPECT_EQ(self.status().ranges().size(), limit);
  REQUIRE_EQ(self.inc(area.range(limit, 1), "many.newest"), 0);
  REQUIRE_EQ(self.inc(area.range(1, 1), "many.second"), 0);
  REQUIRE_EQ(self.inc(area.range(0, 1), "many.oldest"), 0);
  expect_inc("many.newest");
  expect_inc("many.second");
  expect_full_instead_of_inc("many.oldest");
}

TEST_CASE(a_baseline_belongs_to_the_process_not_to_the_descriptor) {
  Area area(2);
  fill(area, 12);
  REQUIRE_EQ(Checkpointer().full(area.range(), "fd"), 0);
  touch(area.page(0));
  CommandProcess other(getpid(), command_text("inc", area.range(), "fd1"));
  EXPECT_EQ(errno_text(other.result()), "0");
  expect_inc("fd1");
  expect_chain_equals_memory({"fd", "fd1"}, area.range());
}
