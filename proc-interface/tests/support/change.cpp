// SPDX-License-Identifier: GPL-2.0-or-later
#include "change.h"

#include <unistd.h>

#include "checkpointer.h"
#include "fifo.h"
#include "oracle.h"
#include "test.h"

namespace test {

Incs incs_after(const Range& range, const std::function<void()>& change, pid_t pid) {
  constexpr const char* paths[] = {"full", "inc1", "inc2"};
  Checkpointer target(pid);
  ImageChain chain;
  auto add = [&](const char* path) {
    chain.add(path);
    chain.expect_equals_memory(range, pid);
  };
  for (const char* path : paths) unlink(path);
  REQUIRE_EQ(errno_text(target.full(range, paths[0])), "0");
  add(paths[0]);
  change();
  Incs incs;
  REQUIRE_EQ(errno_text(target.inc(range, paths[1])), "0");
  add(paths[1]);
  incs.first = picture(paths[1], range);
  REQUIRE_EQ(errno_text(target.inc(range, paths[2])), "0");
  add(paths[2]);
  incs.second = picture(paths[2], range);
  EXPECT_EQ(chain.paths().size(), 3u, "one of them was a full image");
  for (const char* path : paths) unlink(path);
  return incs;
}

std::string chain_after(const Range& range, const std::function<void()>& change, pid_t pid) {
  const Incs incs = incs_after(range, change, pid);
  EXPECT_EQ(count(incs.second, 'D'), 0u, "in the second inc");
  return incs.first;
}

void IncSeries::inc() {
  static int number = 0;
  const std::string path = "c" + std::to_string(number++);
  REQUIRE_EQ(errno_text(self_.inc(area_.range(), path)), "0");
  chain_.add(path);
}

void IncSeries::expect_exact_at_rest() {
  inc();
  chain_.expect_equals_memory(area_.range());
  for (std::size_t i = 0; i < area_.pages(); i += 5) touch(area_.page(i));
  inc();
  EXPECT_EQ(count(picture(chain_.paths().back(), area_.range()), 'D'), (area_.pages() + 4) / 5);
  chain_.expect_equals_memory(area_.range());
}

void expect_unaffected_by(const Range& range, const std::function<void()>& change) {
  Checkpointer self;
  const std::vector<std::byte> before = copy_of(range);
  {
    Fifo fifo("fifo");
    CommandProcess command(getpid(), command_text("full", range, fifo.path()));
    fifo.wait_for_data(command);
    change();
    EXPECT(command.running(), "the capture was not held");
    fifo.drain();
    REQUIRE_EQ(errno_text(command.result()), "0");
    fifo.save("full");
  }
  expect_image_holds("full", range, before);
  REQUIRE_EQ(self.inc(range, "inc"), 0);
  expect_chain_equals_memory({"full", "inc"}, range);
  unlink("full");
  unlink("inc");
}

}  // namespace test
