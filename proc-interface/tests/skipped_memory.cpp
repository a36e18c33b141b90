// SPDX-License-Identifier: GPL-2.0-or-later
// What can't be saved is skipped, and says why.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

TEST_CASE(memfd_secret) {
  int fd = static_cast<int>(syscall(SYS_memfd_secret, 0));
  if (fd < 0) SKIP(std::string("memfd_secret: ") + std::strerror(errno));
  REQUIRE_CALL(ftruncate(fd, 4 * page_size));
  Area around(8);
  fill(around, 1);
  REQUIRE(mmap(around.page(2), 4 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
               0) != MAP_FAILED,
          std::strerror(errno));
  for (std::size_t i = 2; i < 5; i++) fill_page(around.page(i), 7);
  Checkpointer self;
  REQUIRE_EQ(self.full(around.range(), "secret"), 0);
  EXPECT_EQ(picture("secret", around.range()), "DDSSSSDD");
  EXPECT_EQ(self.status().number("last.pages_skipped"), 4u);
  checkpoint::Image image = open_image("secret");
  for (const checkpoint::Run& run : image.runs())
    if (run.state == checkpoint::PageState::skipped)
      EXPECT_EQ(run.reason, unsigned{PROC_CHECKPOINT_SKIP_SECRET});
  touch(around.page(1));
  touch(around.page(3));
  REQUIRE_EQ(self.inc(around.range(), "secret1"), 0);
  EXPECT_EQ(picture("secret1", around.range()), ".DSSSS..");
  expect_chain_equals_memory({"secret", "secret1"}, around.range());
  close(fd);
}

TEST_CASE(vvar_is_device_memory_and_vdso_is_data) {
  Checkpointer self;
  bool seen = false;
  for (const Mapping& mapping : mappings_of(0)) {
    if (!mapping.name.starts_with("[vvar") && mapping.name != "[vdso]") continue;
    seen = true;
    const std::string path = mapping.name.substr(1, 4);
    unlink(path.c_str());
    REQUIRE_EQ(self.full(mapping.range, path), 0);
    const std::string pages = picture(path, mapping.range);
    EXPECT_EQ(count(pages, mapping.name == "[vdso]" ? 'D' : 'S'), mapping.range.pages(),
              mapping.name, pages);
    expect_chain_equals_memory({path}, mapping.range);
  }
  if (!seen) SKIP("no vdso");
}
