// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/samples.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace checkpoint {
namespace {

constexpr std::uint32_t kRead = PROC_CHECKPOINT_PROT_READ;
constexpr std::uint32_t kReadWrite = kRead | PROC_CHECKPOINT_PROT_WRITE;

Mapping library() {
  return {.start = 0x20000,
          .end = 0x23000,
          .offset = 0x5000,
          .prot = kRead | PROC_CHECKPOINT_PROT_EXEC,
          .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF,
          .dev_major = 8,
          .dev_minor = 1,
          .inode = 4711,
          .file_size = 0x7800,
          .mtime_sec = 1'600'000'000,
          .mtime_nsec = 5,
          .name = "/usr/lib/libsample.so"};
}

Mapping device() {
  return {.start = 0x30000,
          .end = 0x32000,
          .offset = 0,
          .prot = kReadWrite,
          .flags = PROC_CHECKPOINT_MAP_SHARED | PROC_CHECKPOINT_MAP_DEVICE,
          .name = "/dev/sample"};
}

}  // namespace

ImageBuilder sample_full() {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x13000, "[heap]")
      .map(0x13000, 0x14000, "", kRead)
      .map(library())
      .map(device())
      .data(0x10000, 0x11000, 'a')
      .data(0x11000, 0x12000, 'b')
      .zero(0x12000, 0x13000)
      .zero(0x13000, 0x14000)
      .data(0x20000, 0x21000, 'c')
      .file(0x21000, 0x23000)
      .skipped(0x30000, 0x32000, PROC_CHECKPOINT_SKIP_DEVICE);
  return image;
}

ImageBuilder sample_inc() {
  ImageBuilder image = ImageBuilder::inc_on(sample_full().info());
  image.map(0x10000, 0x13000, "[heap]")
      .map(0x13000, 0x14000, "", kRead)
      .map(library())
      .zero(0x10000, 0x11000)
      .data(0x11000, 0x12000, 'B');
  return image;
}

Mapping file_mapping(std::uint64_t start, std::uint64_t end, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw system_failure(path, "stat");
  Mapping mapping = library();
  mapping.start = start;
  mapping.end = end;
  mapping.offset = 0;
  mapping.dev_major = major(status.st_dev);
  mapping.dev_minor = minor(status.st_dev);
  mapping.inode = status.st_ino;
  mapping.file_size = static_cast<std::uint64_t>(status.st_size);
  mapping.mtime_sec = static_cast<std::uint64_t>(status.st_mtim.tv_sec);
  mapping.mtime_nsec = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  mapping.name = path;
  return mapping;
}

}  // namespace checkpoint
