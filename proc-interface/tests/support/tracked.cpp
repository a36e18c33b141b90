// SPDX-License-Identifier: GPL-2.0-or-later
#include "tracked.h"

#include <unistd.h>

#include <vector>

#include "maps.h"
#include "test.h"

namespace test {
namespace {

// A chain is compared as a whole each time.
constexpr std::size_t longest_chain = 8;

}  // namespace

void expect_reused_in_place(const Area& area) {
  // Who has read a page of us may have left it on a list of a processor's, which
  // has a reference (to all but 31 at a time): a command empties these lists.
  const Area other(1);
  REQUIRE_EQ(Checkpointer().full(other.range(), "/dev/null"), 0);
  const std::vector<PageMapEntry> before = pagemap(area.range());
  touch(area);
  const std::vector<PageMapEntry> after = pagemap(area.range());
  std::size_t copied = 0;
  for (std::size_t i = 0; i < area.pages(); i++) copied += before[i].frame() != after[i].frame();
  EXPECT_EQ(copied, 0u, "of", area.pages(), "pages were still referenced");
}

Tracked::Tracked(std::size_t pages)
    : area(pages), prefix_("tracked" + std::to_string(area.range().start) + ".") {
  fill(area, 1);
  restart();
}

Tracked::~Tracked() {
  for (const std::string& path : chain_.paths()) unlink(path.c_str());
}

void Tracked::add(const std::string& path) {
  const std::vector<std::string> before = chain_.paths();
  chain_.add(path);
  if (chain_.paths().size() > before.size()) return;
  for (const std::string& old : before) unlink(old.c_str());
}

void Tracked::restart() {
  const std::string path = prefix_ + std::to_string(files_++);
  REQUIRE_EQ(errno_text(self.full(range(), path)), "0");
  add(path);
}

void Tracked::take(const std::string& image) {
  const std::string path = prefix_ + std::to_string(files_++);
  REQUIRE_CALL(rename(image.c_str(), path.c_str()));
  add(path);
}

void Tracked::change() {
  round_++;
  for (std::size_t page = round_ % 3; page < area.pages(); page += 1 + round_ % 5)
    touch(area.page(page));
}

void Tracked::expect_next_inc_complete() {
  const std::string path = prefix_ + std::to_string(files_++);
  REQUIRE_EQ(errno_text(self.inc(range(), path)), "0");
  add(path);
  chain_.expect_equals_memory(range());
  // Only now that all was found good: a full image hides what an inc has lost.
  if (chain_.paths().size() >= longest_chain) restart();
}

}  // namespace test
