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

FolioSize::FolioSize(unsigned kilobytes, const char* when)
    : directory_("/sys/kernel/mm/transparent_hugepage/hugepages-" + std::to_string(kilobytes) +
                 "kB/") {
  if (!exists(directory_ + "enabled")) return;
  const std::string choices = slurp(directory_ + "enabled");
  const std::size_t chosen = choices.find('[') + 1;
  before_ = choices.substr(chosen, choices.find(']') - chosen);
  REQUIRE_EQ(put(directory_ + "enabled", when), 0);
}

FolioSize::~FolioSize() {
  if (supported()) put(directory_ + "enabled", before_);
}

std::uint64_t FolioSize::made() const {
  return std::stoull(slurp(directory_ + "stats/anon_fault_alloc"));
}

}  // namespace test
