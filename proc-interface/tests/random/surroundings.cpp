// SPDX-License-Identifier: GPL-2.0-or-later
#include "surroundings.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "../support/process.h"
#include "../support/test.h"

namespace test::random {
namespace {

const std::string ksm = "/sys/kernel/mm/ksm/";

/// A loop device on @file that goes away when it is closed.
int open_loop_device(int file) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) SKIP("no loop devices");
  int number = ioctl(control, LOOP_CTL_GET_FREE);
  close(control);
  REQUIRE_CALL(number);
  int device =
      open(("/dev/loop" + std::to_string(number)).c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  REQUIRE_CALL(device);
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file);
  config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
  REQUIRE_CALL(ioctl(device, LOOP_CONFIGURE, &config));
  return device;
}

}  // namespace

// Those of one world, and as many that children of it keep.
Surroundings::Surroundings()
    : huge_pages_(12),
      small_folios_(16, "inherit"),
      larger_folios_(64, "inherit"),
      source_bytes_(bytes_from(4711, source_pages * page_size)) {
  if (!exists(ksm + "run")) SKIP("no KSM");
  put(ksm + "pages_to_scan", "2000");
  put(ksm + "sleep_millisecs", "10");
  put(ksm + "smart_scan", "0");

  source_ = memfd_create("source", MFD_CLOEXEC);
  REQUIRE_CALL(source_);
  REQUIRE_EQ(write(source_, source_bytes_.data(), source_bytes_.size()),
             static_cast<ssize_t>(source_bytes_.size()));
  direct_ = open_loop_device(source_);

  small_ = std::filesystem::current_path() / "small";
  mkdir(small_.c_str(), 0700);
  REQUIRE_CALL(mount("tmpfs", small_.c_str(), "tmpfs", 0, "size=256k"));
}

Surroundings::~Surroundings() {
  swap_on();  // so that swap_ finds what it made
  put(ksm + "run", "2");
  if (!small_.empty()) umount(small_.c_str());
  if (direct_ >= 0) close(direct_);
  if (source_ >= 0) close(source_);
}

void Surroundings::swap_on() const {
  if (slurp("/proc/swaps").find("zram0") == std::string::npos) swapon("/dev/zram0", 0);
  std::error_code ignored;
  for (const auto& left : std::filesystem::directory_iterator(small_, ignored))
    std::filesystem::remove(left.path(), ignored);
}

}  // namespace test::random
