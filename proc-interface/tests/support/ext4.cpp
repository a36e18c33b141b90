// SPDX-License-Identifier: GPL-2.0-or-later
#include "ext4.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "process.h"
#include "test.h"

namespace test {

Ext4::Ext4(const std::string& device, std::string directory) : directory_(std::move(directory)) {
  Output output = run({"mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E",
                       "lazy_itable_init=0,nodiscard", "-m", "0", device});
  if (output.status == 127) SKIP("no mkfs.ext4");
  REQUIRE_EQ(output.status, 0, output.text);
  mkdir(directory_.c_str(), 0700);
  REQUIRE_CALL(mount(device.c_str(), directory_.c_str(), "ext4", MS_NOATIME, "errors=continue"));
}

Ext4::~Ext4() {
  umount(directory_.c_str());
}

}  // namespace test
