// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel moves pages to other frames by itself: the contents stay, and so
// does what is known of them.
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

std::uint64_t frame_of(const Area& area, std::size_t index) {
  return pagemap(area.range(index, 1))[0].frame();
}

/// Has pages moved and their old frames retired, for as long as this lives.
class Retired {
 public:
  Retired() = default;
  Retired(const Retired&) = delete;
  Retired& operator=(const Retired&) = delete;
  ~Retired() {
    for (std::uint64_t frame : frames_) heal(frame);
  }

  void retire(const Area& area, std::size_t index) {
    const std::uint64_t before = frame_of(area, index);
    int error = 0;
    // A page that is on its way to a list can't be moved at once.
    for (int i = 0; i < 100; i++) {
      error = madvise(area.page(index), page_size, MADV_SOFT_OFFLINE) == 0 ? 0 : errno;
      if (error != EBUSY && error != EAGAIN) break;
      usleep(10000);
    }
    if (error == EINVAL || error == EOPNOTSUPP) SKIP("pages can't be taken out of service");
    REQUIRE_EQ(errno_text(error), "0");
    frames_.push_back(before);
    REQUIRE(frame_of(area, index) != before, "it was not moved");
  }

 private:
  std::vector<std::uint64_t> frames_;
};

/// Moves one page after the other, as long as this lives.  The kernel refuses
/// some, which are in use by a capture.
class Storm {
 public:
  explicit Storm(const Area& area) : area_(area), thread_([this] { run(); }) {}
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;
  ~Storm() {
    stop_ = true;
    thread_.join();
  }
  void wait_for_some() const {
    while (moved_ < 20) usleep(10000);
  }

 private:
  void run() {
    for (std::size_t i = 0; !stop_; i = (i + 7) % area_.pages()) {
      const std::uint64_t before = frame_of(area_, i);
      if (madvise(area_.page(i), page_size, MADV_SOFT_OFFLINE) == 0) {
        moved_++;
        heal(before);
      }
      usleep(1000);
    }
  }

  const Area& area_;
  std::atomic<bool> stop_{false};
  std::atomic<int> moved_{0};
  std::thread thread_;  // last: it uses the others
};

}  // namespace

TEST_CASE(changed_then_moved) {
  Retired retired;
  Area area(8);
  fill(area, 1);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(3));
    retired.retire(area, 3);
    retired.retire(area, 5);
  });
  EXPECT_EQ(pages, "...D....");
}

TEST_CASE(moved_then_changed) {
  Retired retired;
  Area area(8);
  fill(area, 2);
  const std::string pages = chain_after(area.range(), [&] {
    retired.retire(area, 3);
    retired.retire(area, 5);
    touch(area.page(3));
  });
  EXPECT_EQ(pages, "...D....");
}

TEST_CASE(moved_while_a_child_shares_them) {
  Retired retired;
  Area area(8);
  fill(area, 3);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(2));
    Child child([&](Child::Steps& steps) {
      steps.pause();
      touch(area.page(4));
      steps.pause();
    });
    for (std::size_t i : {2, 4, 6}) retired.retire(area, i);
    child.step();
    touch(area.page(6));
    child.finish();
  });
  EXPECT_EQ(pages, "..D...D.");
}

TEST_CASE(moved_during_the_captures) {
  Area area(512);
  fill(area, 4);
  { Retired().retire(area, 0); }  // or skip
  IncSeries series(area);
  {
    Storm storm(area);
    for (std::size_t round = 0; round < static_cast<std::size_t>(scaled(10, 4)); round++) {
      for (std::size_t i = round % 3; i < area.pages(); i += 3) touch(area.page(i));
      series.inc();
    }
    storm.wait_for_some();
  }
  series.expect_exact_at_rest();
}
