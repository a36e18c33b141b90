// SPDX-License-Identifier: GPL-2.0-or-later
// Pages are dropped, paged out, locked, collapsed, merged and migrated: what
// they hold stays the same, but for what was dropped.
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../support/maps.h"
#include "../support/process.h"
#include "../support/test.h"
#include "operations.h"
#include "world.h"

namespace test::random {
namespace {

constexpr const char* ksm = "/sys/kernel/mm/ksm/";

/// A hint, which the kernel may refuse.
bool advise(World& world, std::size_t first, std::size_t count, int advice) {
  return count > 0 && madvise(world.page(first), count * page_size, advice) == 0;
}

bool advise_run(World& world, const Operation& operation, bool (Place::*such)() const, int advice) {
  return advise(world, operation.a, world.model.run(operation.a, operation.b, such), advice);
}

std::uint64_t merged_pages() {
  return std::stoull(slurp(std::string(ksm) + "pages_sharing"));
}

}  // namespace

OPERATION(drop) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::mapped);
  if (count == 0) return false;
  REQUIRE_CALL(madvise(world.page(operation.a), count * page_size, MADV_DONTNEED_LOCKED));
  for (std::size_t i = 0; i < count; i++) world.model.places[operation.a + i].lose_page();
  return true;
}

OPERATION(free_lazily) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::anonymous);
  const bool done = advise(world, operation.a, count, MADV_FREE);
  // Where it failed, some may be freed all the same.
  for (std::size_t i = 0; i < count; i++) world.model.places[operation.a + i].freed = true;
  return done;
}

OPERATION(page_out_pages) {
  return advise_run(world, operation, &Place::mapped, MADV_PAGEOUT);
}

OPERATION(cool) {
  return advise_run(world, operation, &Place::mapped, MADV_COLD);
}

OPERATION(huge_or_not) {
  return advise_run(world, operation, &Place::anonymous,
                    operation.d % 3 == 0 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
}

OPERATION(collapse) {
  const std::size_t first = operation.a / pages_per_huge * pages_per_huge;
  if (world.model.run(first, pages_per_huge, &Place::anonymous) != pages_per_huge) return false;
  const bool before = world.in_large_folio(first);
  advise(world, first, pages_per_huge, MADV_HUGEPAGE);
  return advise(world, first, pages_per_huge, MADV_COLLAPSE) && !before &&
         world.in_large_folio(first);
}

OPERATION(populate_read) {
  return advise_run(world, operation, &Place::readable, MADV_POPULATE_READ);
}

OPERATION(populate_write) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable);
  if (count == 0) return false;
  REQUIRE_CALL(madvise(world.page(operation.a), count * page_size, MADV_POPULATE_WRITE));
  for (std::size_t i = 0; i < count; i++) world.model.make_own(operation.a + i);
  return true;
}

// Not of files: it would copy their pages now, or with a later mprotect().
OPERATION(lock) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable_anonymous);
  return count > 0 && mlock(world.page(operation.a), count * page_size) == 0;
}

OPERATION(unlock) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::anonymous);
  return count > 0 && munlock(world.page(operation.a), count * page_size) == 0;
}

OPERATION(merge) {
  const std::size_t count = world.model.run(operation.a, operation.b, &Place::writable_anonymous);
  if (count < 2) return false;
  // So that the pages of other such operations are equal, too.
  const std::vector<std::byte> bytes = bytes_from(operation.d % 3, page_size);
  for (std::size_t i = 0; i < count; i++) {
    std::memcpy(world.page(operation.a + i), bytes.data(), page_size);
    world.wrote(operation.a + i, 0, bytes);
  }
  if (!advise(world, operation.a, count, MADV_MERGEABLE)) return false;
  const std::uint64_t before = merged_pages();
  put(std::string(ksm) + "run", "1");
  for (int i = 0; i < 20 && merged_pages() <= before; i++) usleep(5000);
  // Half of the time it goes on meanwhile.
  if (operation.d % 2 == 0) put(std::string(ksm) + "run", "0");
  return merged_pages() > before;
}

OPERATION(unmerge) {
  if (operation.d % 2 == 0) put(std::string(ksm) + "run", "0");
  return advise_run(world, operation, &Place::anonymous, MADV_UNMERGEABLE);
}

OPERATION(wipe_on_fork) {
  return advise_run(world, operation, &Place::anonymous,
                    operation.d % 2 == 0 ? MADV_WIPEONFORK : MADV_KEEPONFORK);
}

// As when memory begins to fail: it is somewhere else from then on.
OPERATION(soft_offline) {
  const Place& place = world.model.places[operation.a];
  if (!place.anonymous() || !place.readable()) return false;
  const PageMapEntry before = pagemap(world.range(operation.a, 1)).at(0);
  if (!advise(world, operation.a, 1, MADV_SOFT_OFFLINE) || !before.present()) return false;
  heal(before.frame());
  return true;
}

OPERATION(compact) {
  (void)world;
  (void)operation;
  return put("/proc/sys/vm/compact_memory", "1") == 0;
}

OPERATION(swap_off_or_on) {
  (void)world;
  (void)operation;
  return swapoff("/dev/zram0") == 0 || swapon("/dev/zram0", 0) == 0;
}

}  // namespace test::random
