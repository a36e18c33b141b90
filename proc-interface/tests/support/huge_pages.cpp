// SPDX-License-Identifier: GPL-2.0-or-later
#include "huge_pages.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "maps.h"
#include "process.h"
#include "test.h"

namespace test {

Area huge_area(std::size_t count, std::uint64_t seed) {
  constexpr const char* enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!exists(enabled)) SKIP("no transparent huge pages");
  if (slurp(enabled).find("[never]") != std::string::npos) put(enabled, "madvise");
  Area area(count * (huge_size / page_size));
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_HUGEPAGE));
  fill(area, seed);
  if (smaps_bytes(area.range(), "AnonHugePages") != area.bytes()) SKIP("no huge pages to be had");
  return area;
}

}  // namespace test
