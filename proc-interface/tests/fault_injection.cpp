// SPDX-License-Identifier: GPL-2.0-or-later
// Every allocation of a command fails once, and many at random: an errno, no
// file, and nothing lost.  Needs a kernel with fault injection, the debug one.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"
#include "support/tracked.h"

using namespace test;

namespace {

const std::string slab = "/sys/kernel/debug/failslab/";
const std::string pages = "/sys/kernel/debug/fail_page_alloc/";

/// Faults in this thread alone, which must be the process's first.
class Injection {
 public:
  Injection() : nth_(open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC)) {
    if (nth_ < 0 || !exists(slab) || !exists(pages)) {
      if (nth_ >= 0) close(nth_);
      SKIP("the kernel has no fault injection");
    }
    for (const std::string& kind : {slab, pages}) {
      set(kind + "verbose", "0");
      set(kind + "probability", "0");
      set(kind + "times", "-1");
      set(kind + "task-filter", "Y");
      set(kind + "ignore-gfp-wait", "N");
    }
    set(slab + "cache-filter", "N");
    set(pages + "ignore-gfp-highmem", "N");
    set(pages + "min-order", "0");
  }
  Injection(const Injection&) = delete;
  Injection& operator=(const Injection&) = delete;
  ~Injection() {
    for (const std::string& kind : {slab, pages}) {
      put(kind + "probability", "0");
      put(kind + "ignore-gfp-wait", "Y");
    }
    close(nth_);
  }

  /// The @nth allocation of the call fails.  Returns whether it has so many.
  [[nodiscard]] bool fail(unsigned nth, const std::function<void()>& call) const {
    write_nth(std::to_string(nth));
    call();
    char left[16] = "";
    REQUIRE(pread(nth_, left, sizeof left - 1, 0) > 0, std::strerror(errno));
    write_nth("0");
    return std::atoi(left) == 0;
  }

  /// Each allocation of the call fails with a probability in percent.
  void fail_some(int percent, const std::function<void()>& call) const {
    for (const std::string& kind : {slab, pages})
      set(kind + "probability", std::to_string(percent));
    REQUIRE_EQ(put("/proc/self/make-it-fail", "1"), 0);
    call();
    // Opening a file may fail as long as this has not succeeded.
    while (put("/proc/self/make-it-fail", "0") != 0) {
    }
    for (const std::string& kind : {slab, pages}) set(kind + "probability", "0");
  }

 private:
  static void set(const std::string& path, const std::string& value) {
    REQUIRE_EQ(errno_text(put(path, value)), "0", path);
  }
  void write_nth(const std::string& text) const {
    REQUIRE(pwrite(nth_, text.data(), text.size(), 0) > 0, std::strerror(errno));
  }

  int nth_;
};

/// What an allocation that fails may be called, deep in a file system.
bool clear(int error) {
  return error == ENOMEM || error == ENOSPC || error == ENFILE;
}

struct Count {
  unsigned allocations = 0, refused = 0;
};

/// Fails each allocation of a call in turn, until it has no more of them.
/// @call returns an errno, @check is told it.
Count walk(const Injection& injection, const std::function<int()>& call,
           const std::function<void(int)>& check) {
  Count count;
  for (unsigned nth = 1;; nth++) {
    int error = -1;
    const bool fired = injection.fail(nth, [&] { error = call(); });
    EXPECT(error == 0 || (fired && clear(error)), errno_text(error), "of allocation", nth);
    check(error);
    if (!fired) break;
    count.allocations++;
    count.refused += error != 0;
  }
  std::cout << "# " << count.allocations << " allocations, " << count.refused
            << " of which the command failed" << std::endl;
  return count;
}

/// As much as a file-backed, a shared and a named mapping add to an image.
class Mixed {
 public:
  Mixed() {
    int fd = open("mapped", O_CREAT | O_RDWR | O_TRUNC, 0600);
    REQUIRE_CALL(fd);
    REQUIRE_CALL(ftruncate(fd, 8 * page_size));
    file_ = mmap(around_.page(8), 8 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                 fd, 0);
    shared_ = mmap(around_.page(24), 8 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                   fd, 0);
    close(fd);
    REQUIRE(file_ != MAP_FAILED && shared_ != MAP_FAILED, std::strerror(errno));
    for (std::size_t i = 0; i < around_.pages(); i += 3) touch(around_.page(i));
  }
  [[nodiscard]] Range range() const { return around_.range(); }
  void change() {
    for (std::size_t i = 0; i < around_.pages(); i += 5) touch(around_.page(i));
  }

 private:
  Area around_{40};
  void *file_, *shared_;
};

}  // namespace

TEST_CASE(each_allocation_of_an_inc_into_a_file) {
  Injection injection;
  Tracked tracked(8);
  Count count = walk(
      injection,
      [&, text = command_text("inc", tracked.range(), "inc")] {
        tracked.change();
        return tracked.self.command(text);
      },
      [&](int error) {
        EXPECT_EQ(exists("inc"), error == 0);
        if (error == 0) tracked.take("inc");
        tracked.change();
        tracked.expect_next_inc_complete();
      });
  EXPECT(count.refused >= 10, count.refused);
  tracked.expect_no_page_held();
}

TEST_CASE(each_allocation_of_a_full_of_many_kinds_of_mappings) {
  Injection injection;
  Mixed mixed;
  Checkpointer self;
  Count count = walk(
      injection,
      [&, text = command_text("full", mixed.range(), "full")] { return self.command(text); },
      [&](int error) {
        EXPECT_EQ(exists("full"), error == 0);
        if (error == 0) expect_chain_equals_memory({"full"}, mixed.range());
        unlink("full");
        mixed.change();
      });
  EXPECT(count.refused >= 10, count.refused);
}

TEST_CASE(each_allocation_of_an_inc_of_many_kinds_of_mappings) {
  Injection injection;
  Mixed mixed;
  Checkpointer self;
  ImageChain chain;
  walk(
      injection,
      [&, text = command_text("inc", mixed.range(), "/dev/null")] {
        mixed.change();
        return self.command(text);
      },
      [&](int error) {
        // So that what fails next is an inc, and of a base that is known.
        if (error == 0 || chain.paths().empty() || chain.paths().size() > 8) {
          for (const std::string& path : chain.paths()) unlink(path.c_str());
          REQUIRE_EQ(self.full(mixed.range(), "mixed"), 0);
          chain.add("mixed");
          return;
        }
        mixed.change();
        const std::string path = "mixed" + std::to_string(chain.paths().size());
        REQUIRE_EQ(self.inc(mixed.range(), path), 0);
        chain.add(path);
        chain.expect_equals_memory(mixed.range());
      });
  for (const std::string& path : chain.paths()) unlink(path.c_str());
}

TEST_CASE(each_allocation_of_a_large_capture) {
  Injection injection;
  // Every other page: a run each, so that the lists have chunks.
  Tracked tracked(1040);
  const std::size_t changed = tracked.area.pages() / 2;
  for (std::size_t i = 0; i < tracked.area.pages(); i += 2)
    REQUIRE_CALL(madvise(tracked.area.page(i), page_size, MADV_DONTNEED));
  tracked.expect_next_inc_complete();
  unsigned rounds = 0;
  Count count = walk(
      injection,
      [&, text = command_text("inc", tracked.range(), "/dev/null")] {
        for (std::size_t i = 1; i < tracked.area.pages(); i += 2) touch(tracked.area.page(i));
        return tracked.self.command(text);
      },
      [&](int error) {
        if (error == 0) {
          REQUIRE_EQ(tracked.self.forget(), 0);
        } else {
          REQUIRE_EQ(tracked.self.inc(tracked.range(), "next"), 0);
          const checkpoint::Info found = open_image("next").info();
          EXPECT(found.kind == checkpoint::Kind::inc);
          EXPECT_EQ(found.pages_data, changed, "behind a failure");
          tracked.take("next");
        }
        // The comparison is what takes time.
        if (error == 0 || ++rounds % 8 == 0) tracked.expect_next_inc_complete();
      });
  EXPECT(count.refused >= 10, count.refused);
  tracked.expect_next_inc_complete();
}

TEST_CASE(each_allocation_of_an_inc_into_a_pipe) {
  Injection injection;
  Tracked tracked(4);
  int ends[2];
  REQUIRE_CALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  REQUIRE_CALL(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20));
  std::string buffer(1 << 20, 0);
  walk(
      injection,
      [&, text = command_text("inc", tracked.range(), "/proc/self/fd/" + std::to_string(ends[1]))] {
        tracked.change();
        return tracked.self.command(text);
      },
      [&](int error) {
        while (read(ends[0], buffer.data(), buffer.size()) > 0) {
        }
        if (error == 0) REQUIRE_EQ(tracked.self.forget(), 0);
        tracked.change();
        tracked.expect_next_inc_complete();
      });
  close(ends[0]);
  close(ends[1]);
  tracked.expect_no_page_held();
}

TEST_CASE(each_allocation_of_an_open) {
  Injection injection;
  unsigned nth = 0, refused = 0;
  for (bool fired = true; fired;) {
    // A new process each time: what is tracked is made by the first open.
    Child target([](Child::Steps& steps) { steps.pause(); });
    const std::string path = "/proc/" + std::to_string(target.pid()) + "/checkpoint";
    int fd = -1, error = 0;
    fired = injection.fail(++nth, [&] {
      fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
      error = errno;
    });
    refused += fd < 0;
    // ENOENT is procfs's word for a name that it has no memory for.
    EXPECT(fd >= 0 || (fired && (clear(error) || error == ENOENT)), errno_text(error));
    if (fd >= 0) close(fd);
    Checkpointer again(target.pid());
    EXPECT(again.status().ranges().empty());
  }
  std::cout << "# " << nth - 1 << " allocations, " << refused << " of which it failed" << std::endl;
  EXPECT(refused >= 4, refused);
}

TEST_CASE(each_allocation_of_reading_the_status) {
  Injection injection;
  Tracked tracked(4);
  const std::size_t ranges = tracked.self.status().ranges().size();
  // A file that was read once has its buffer.
  std::optional<Checkpointer> fresh(std::in_place);
  Count count = walk(
      injection,
      [&] {
        char text[4096];
        return pread(fresh->fd(), text, sizeof text, 0) > 0 ? 0 : errno;
      },
      [&](int) { fresh.emplace(); });
  EXPECT(count.refused > 0);
  EXPECT_EQ(fresh->status().ranges().size(), ranges);
}

TEST_CASE(many_failures_at_random) {
  Injection injection;
  Tracked tracked(64);
  const int rounds = scaled(200, 12);
  int refused = 0;
  for (int percent : {1, 3, 10, 30}) {
    for (int i = 0; i < rounds; i++) {
      const std::string path = "random" + std::to_string(i);
      const std::string text = command_text("inc", tracked.range(), path);
      int error = 0;
      tracked.change();
      injection.fail_some(percent, [&] { error = tracked.self.command(text); });
      EXPECT(error == 0 || clear(error), errno_text(error));
      EXPECT_EQ(exists(path), error == 0);
      refused += error != 0;
      if (error == 0)
        tracked.take(path);
      else
        tracked.expect_next_inc_complete();
    }
    tracked.expect_next_inc_complete();
  }
  EXPECT(refused > rounds / 2, refused, "of", 4 * rounds);
  tracked.expect_next_inc_complete();
  tracked.expect_no_page_held();
}
