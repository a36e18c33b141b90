// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes that share the memory of a checkpointed one, by fork() until
// somebody writes, or by CLONE_VM for good.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// Both write, in the order that is given; only the parent's writes count.
void expect_precise(bool child_first, const std::function<void(Child&)>& end) {
  Area area(16);
  fill(area, 1);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(1));
    Child child([&](Child::Steps& steps) {
      steps.pause();
      for (std::size_t i = 0; i < 8; i++) touch(area.page(i));
      steps.pause();
      execl("/bin/true", "true", nullptr);
      EXPECT(false, "exec:", std::strerror(errno));
    });
    if (child_first) child.step();
    touch(area.page(3));
    touch(area.page(10));
    if (!child_first) child.step();
    end(child);
    touch(area.page(5));
  });
  EXPECT_EQ(pages, ".D.D.D....D.....");
}

/// Runs in a process of its own that shares this one's memory.
int touch_page(void* page) {
  touch(page);
  return 0;
}

class SharedMemoryProcess {
 public:
  SharedMemoryProcess(int (*body)(void*), void* argument, int flags)
      : pid_(clone(body, stack_.data() + stack_.bytes(), CLONE_VM | SIGCHLD | flags, argument)) {
    REQUIRE_CALL(pid_);
  }
  SharedMemoryProcess(const SharedMemoryProcess&) = delete;
  SharedMemoryProcess& operator=(const SharedMemoryProcess&) = delete;
  ~SharedMemoryProcess() { join(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void join() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  Area stack_{64};
  pid_t pid_;
};

}  // namespace

TEST_CASE(the_child_writes_first_and_exits) {
  expect_precise(true, [](Child& child) { child.kill(); });
}

TEST_CASE(the_child_writes_later_and_exits) {
  expect_precise(false, [](Child& child) { child.kill(); });
}

TEST_CASE(the_child_writes_first_and_execs) {
  expect_precise(true, [](Child& child) { child.finish(); });
}

TEST_CASE(the_child_writes_later_and_execs) {
  expect_precise(false, [](Child& child) { child.finish(); });
}

TEST_CASE(a_vforked_child_writes) {
  Area area(8);
  fill(area, 2);
  const std::string pages = chain_after(area.range(), [&] {
    SharedMemoryProcess child(touch_page, area.page(6), CLONE_VFORK);
    child.join();
    touch(area.page(1));
  });
  EXPECT_EQ(pages, ".D....D.");
}

TEST_CASE(a_process_that_shares_the_memory_for_good) {
  struct Scene {
    Area area{8};
    int ends[2] = {-1, -1};
  } scene;
  fill(scene.area, 3);
  REQUIRE_CALL(pipe2(scene.ends, O_CLOEXEC));
  auto body = [](void* argument) {
    const auto* shared = static_cast<const Scene*>(argument);
    char byte = 0;
    (void)!read(shared->ends[0], &byte, 1);
    return touch_page(shared->area.page(4));
  };
  const Range range = scene.area.range();
  {
    SharedMemoryProcess other(body, &scene, 0);
    REQUIRE_EQ(Checkpointer().full(range, "mine"), 0);
    touch(scene.area.page(2));
    // Through either of them it is the same memory with the same baselines.
    REQUIRE_EQ(Checkpointer(other.pid()).inc(range, "its"), 0);
    EXPECT_EQ(picture("its", range), "..D.....");
    EXPECT(open_image("its").info().parent == open_image("mine").info().id);
    REQUIRE_EQ(Checkpointer().full(range, "mine1"), 0);
    REQUIRE_EQ(write(scene.ends[1], "g", 1), 1);
    other.join();
  }
  for (int fd : scene.ends) close(fd);
  REQUIRE_EQ(Checkpointer().inc(range, "mine2"), 0);
  EXPECT_EQ(picture("mine2", range), "....D...");
  expect_chain_equals_memory({"mine1", "mine2"}, range);
}

// One memory has one chain, whatever number each command named it by.
TEST_CASE(a_chain_through_two_processes) {
  struct Scene {
    Area area{8};
    int ends[2] = {-1, -1};
  } scene;
  fill(scene.area, 8);
  REQUIRE_CALL(pipe2(scene.ends, O_CLOEXEC));
  auto wait = [](void* argument) {
    char byte = 0;
    (void)!read(static_cast<const Scene*>(argument)->ends[0], &byte, 1);
    return 0;
  };
  const Range range = scene.area.range();
  {
    SharedMemoryProcess other(wait, &scene, 0);
    REQUIRE_EQ(Checkpointer().full(range, "c"), 0);
    touch(scene.area.page(1));
    REQUIRE_EQ(Checkpointer(other.pid()).inc(range, "c1"), 0);
    touch(scene.area.page(2));
    REQUIRE_EQ(Checkpointer().inc(range, "c2"), 0);
    REQUIRE_EQ(write(scene.ends[1], "g", 1), 1);
    other.join();
  }
  for (int fd : scene.ends) close(fd);
  expect_chain_equals_memory({"c", "c1", "c2"}, range);
}

TEST_CASE(memory_that_a_child_does_not_get) {
  Area area(8);
  fill(area, 4);
  REQUIRE_CALL(madvise(area.page(2), 2 * page_size, MADV_DONTFORK));
  REQUIRE_CALL(madvise(area.page(5), 2 * page_size, MADV_WIPEONFORK));
  Child child([&](Child::Steps& steps) {
    steps.pause();
    touch(area.page(6));
    steps.pause();
  });
  REQUIRE_EQ(Checkpointer(child.pid()).full(area.range(), "its.first"), 0);
  EXPECT_EQ(picture("its.first", area.range()), "DD--DZZD");
  const std::string childs = chain_after(
      area.range(), [&] { child.step(); }, child.pid());
  EXPECT_EQ(childs, "..--.ZD.");
  const std::string parents = chain_after(area.range(), [&] {
    touch(area.page(3));
    touch(area.page(5));
  });
  EXPECT_EQ(parents, "...D.D..");
  child.finish();
}

// Their captures hold references to the same pages, and take them for those of
// somebody who may write: slow, but exact.
TEST_CASE(parent_and_child_at_once) {
  Area area(256);
  fill(area, 5);
  const std::vector<std::byte> before = copy_of(area.range());
  Child child([&](Child::Steps& steps) {
    steps.pause();
    fill(area, 6);
    steps.pause();
    fill(area, 7);
    steps.pause();
  });
  {
    Fifo first("fifo1"), second("fifo2");
    CommandProcess parents(getpid(), command_text("full", area.range(), first.path()));
    first.wait_for_data(parents);
    CommandProcess childs(child.pid(), command_text("full", area.range(), second.path()));
    second.wait_for_data(childs);
    child.step();
    for (std::size_t i = 0; i < area.pages(); i += 2) touch(area.page(i));
    for (Fifo* fifo : {&first, &second}) {
      fifo->drain();
      fifo->save(fifo == &first ? "parents" : "childs");
    }
    EXPECT_EQ(errno_text(parents.result()), "0");
    EXPECT_EQ(errno_text(childs.result()), "0");
  }
  expect_image_holds("parents", area.range(), before);
  expect_image_holds("childs", area.range(), before);
  child.step();
  touch(area.page(7));
  REQUIRE_EQ(Checkpointer(child.pid()).inc(area.range(), "childs1"), 0);
  REQUIRE_EQ(Checkpointer().inc(area.range(), "parents1"), 0);
  expect_chain_equals_memory({"childs", "childs1"}, area.range(), child.pid());
  expect_chain_equals_memory({"parents", "parents1"}, area.range());
  child.finish();
}
