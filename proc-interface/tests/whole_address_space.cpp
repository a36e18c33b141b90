// SPDX-License-Identifier: GPL-2.0-or-later
// "0 0xffffffffffffffff": all of user space in one command.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

const std::string everything = " 0 0xffffffffffffffff ";
const Range all{0, ~std::uint64_t{0} - (page_size - 1)};

}  // namespace

TEST_CASE(another_process_at_rest) {
  Child target([](Child::Steps& steps) {
    Area first(100), second(100, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    Area none(50, PROT_NONE);
    fill(first, 1);
    fill(second, 2);
    steps.pause();
    touch(first.page(7));
    touch(second.page(8));
    Area third(10);
    touch(third.page(1));
    munmap(first.page(50), 10 * page_size);
    steps.pause();
    steps.pause();
  });
  Checkpointer opened(target.pid());
  ImageChain chain;
  for (int i = 0; i < 3; i++) {
    const std::string path = "all" + std::to_string(i);
    REQUIRE_EQ(opened.command((i == 0 ? "full" : "inc") + everything + path), 0);
    chain.add(path);
    chain.expect_equals_memory(all, target.pid());
    if (i < 2) target.step();
  }
  EXPECT_EQ(chain.paths().size(), 3u);
  // Stack, heap, libraries and all: an inc is a small part of it.
  EXPECT(open_image("all1").info().pages_data < open_image("all0").info().pages_data);
  target.finish();
}

TEST_CASE(the_process_itself) {
  Area area(64);
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.command("full" + everything + "self"), 0);
  // Its stack and heap go on changing; this mapping does not.
  EXPECT_EQ(count(picture("self", area.range()), 'D'), area.pages());
  expect_image_holds("self", area.range(), copy_of(area.range()));
  touch(area.page(9));
  REQUIRE_EQ(self.command("inc" + everything + "self1"), 0);
  EXPECT_EQ(picture("self1", area.range(8, 3)), ".D.");

  checkpoint::Image image = open_image("self");
  for (const char* name : {"[stack]", "[heap]", "[vdso]"})
    EXPECT(std::ranges::any_of(
               image.mappings(),
               [&](const checkpoint::Mapping& mapping) { return mapping.name == name; }),
           name);
}

TEST_CASE(the_end_of_user_space_cuts_the_range) {
  Child target([](Child::Steps& steps) { steps.pause(); });
  Checkpointer opened(target.pid());
  REQUIRE_EQ(opened.command("full" + everything + "cut"), 0);
  checkpoint::Info info = open_image("cut").info();
  EXPECT_EQ(info.start, 0u);
  EXPECT(info.end >= 0x7ffffffff000u, info.end);
  EXPECT(info.end <= 0x00ffffffffffffffu + 1, info.end);
  EXPECT_EQ(opened.status().number("last.end"), info.end - 1);
  // The same range however far behind the end was asked for.
  REQUIRE_EQ(opened.command("inc 0 0x8fffffffffffffff cut1"), 0);
  EXPECT(open_image("cut1").info().kind == checkpoint::Kind::inc);
  target.finish();
}
