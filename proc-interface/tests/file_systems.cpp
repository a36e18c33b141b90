// SPDX-License-Identifier: GPL-2.0-or-later
// Mappings of files on various file systems, whose pages leave the cache, and
// come back, between two checkpoints.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "checkpoint/mapped_source.h"
#include "support/change.h"
#include "support/checkpointer.h"
#include "support/fuse.h"
#include "support/loop.h"
#include "support/open_file.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

/// Of 8 pages.
void make_file(const std::string& path) {
  OpenFile file(path, O_CREAT | O_WRONLY | O_TRUNC);
  for (std::uint64_t i = 0; i < 8; i++) {
    unsigned char page[page_size];
    fill_page(page, i + 1);
    REQUIRE_EQ(write(file.fd(), page, page_size), static_cast<ssize_t>(page_size));
  }
}

void drop_caches() {
  sync();
  REQUIRE_EQ(put("/proc/sys/vm/drop_caches", "3"), 0);
}

class Mount {
 public:
  Mount(const std::string& source, const char* directory, const char* type,
        const std::string& options)
      : directory_(directory) {
    mkdir(directory, 0755);
    if (mount(source.c_str(), directory, type, 0, options.c_str()) != 0)
      SKIP(std::string(type) + ": " + std::strerror(errno));
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() { umount2(directory_, MNT_DETACH); }

 private:
  const char* directory_;
};

/// A new ext4 on a block device, mounted at "ext4".
class Disk {
 public:
  Disk() {
    REQUIRE_CALL(ftruncate(file_.fd(), 64 << 20));
    const Output made = run({"mkfs.ext4", "-q", "-F", "disk"});
    if (made.status != 0) SKIP("mkfs.ext4: " + made.text);
    loop_.emplace(file_.fd());
    mounted_.emplace(loop_->path(), "ext4", "ext4", "");
  }

 private:
  OpenFile file_{"disk", O_CREAT | O_RDWR};
  std::optional<Loop> loop_;
  std::optional<Mount> mounted_;
};

/// A private mapping: modified pages are data, the others are the file's.
void expect_private_is_exact(const std::string& path) {
  OpenFile file(path, O_RDONLY);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(2));
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(5));
    // Only what is not mapped can be dropped.
    REQUIRE_CALL(madvise(area.page(6), 2 * page_size, MADV_DONTNEED));
    drop_caches();
    (void)*static_cast<volatile unsigned char*>(area.page(7));
  });
  EXPECT_EQ(pages, "FF.FFDFF", path);
}

/// A shared mapping: all is data, read again if need be.
void expect_shared_is_exact(const std::string& path) {
  OpenFile file(path, O_RDWR);
  Area area(8, rw, MAP_SHARED, file.fd());
  touch(area.page(2));
  const Incs incs = incs_after(area.range(), [&] {
    touch(area.page(5));
    REQUIRE_CALL(msync(area.data(), area.bytes(), MS_SYNC));
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_DONTNEED));
    drop_caches();
    REQUIRE_EQ(pwrite(file.fd(), "by write", 8, 6 * page_size), 8);
  });
  EXPECT_EQ(incs.first, "DDDDDDDD", path);
}

}  // namespace

TEST_CASE(tmpfs) {
  make_file("file");
  expect_private_is_exact("file");
  expect_shared_is_exact("file");
}

TEST_CASE(ext4) {
  Disk disk;
  make_file("ext4/file");
  expect_private_is_exact("ext4/file");
  expect_shared_is_exact("ext4/file");
}

TEST_CASE(overlayfs) {
  for (const char* directory : {"lower", "upper", "work"}) mkdir(directory, 0755);
  make_file("lower/below");
  Mount mounted("overlay", "merged", "overlay", "lowerdir=lower,upperdir=upper,workdir=work");
  make_file("merged/above");
  expect_private_is_exact("merged/below");
  expect_private_is_exact("merged/above");
  expect_shared_is_exact("merged/above");
  expect_shared_is_exact("merged/below");
}

// Kernels differ in whose device and inode they show: cpctl finds the file all the same.
TEST_CASE(overlayfs_of_a_disk_is_read_again) {
  Disk disk;
  for (const char* directory : {"ext4/lower", "ext4/upper", "ext4/work"}) mkdir(directory, 0755);
  make_file("ext4/lower/below");
  make_file("ext4/upper/above");
  Mount mounted("overlay", "merged", "overlay",
                "lowerdir=ext4/lower,upperdir=ext4/upper,workdir=ext4/work");
  for (const std::string name : {"merged/below", "merged/above"}) {
    OpenFile file(name, O_RDONLY);
    Area area(8, rw, MAP_PRIVATE, file.fd());
    Checkpointer self;
    REQUIRE_EQ(self.full(area.range(), "reference"), 0);
    EXPECT_EQ(picture("reference", area.range()), "FFFFFFFF");
    const checkpoint::Image image = open_image("reference");
    std::vector<std::byte> bytes(area.bytes());
    checkpoint::MappedSource().read(image.mappings().at(0), area.range().start, bytes);
    EXPECT(std::memcmp(bytes.data(), area.data(), area.bytes()) == 0, name);
    unlink("reference");
  }
}

// The mapping stays with the file below when a change makes a copy of it above:
// the name leads to another file then, and a reader has to see that.
TEST_CASE(overlayfs_makes_a_copy_between) {
  for (const char* directory : {"lower", "upper", "work"}) mkdir(directory, 0755);
  make_file("lower/copied");
  // Its times must differ from those of a change that follows at once: a file
  // system's clock moves with the kernel's ticks.
  const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
  REQUIRE_CALL(utimensat(AT_FDCWD, "lower/copied", old, 0));
  Mount mounted("overlay", "merged", "overlay", "lowerdir=lower,upperdir=upper,workdir=work");
  OpenFile file("merged/copied", O_RDONLY);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(2));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "copied"), 0);
  {
    OpenFile writer("merged/copied", O_RDWR);
    REQUIRE_EQ(pwrite(writer.fd(), "in the copy", 11, 0), 11);
  }
  struct stat below {
  }, above{};
  REQUIRE_CALL(stat("lower/copied", &below));
  REQUIRE_CALL(stat("merged/copied", &above));
  REQUIRE_EQ(self.inc(area.range(), "copied1"), 0);
  EXPECT_EQ(picture("copied1", area.range()), "FF.FFFFF");
  checkpoint::Image image = open_image("copied1");
  const checkpoint::Mapping& mapping = image.mappings().at(0);
  EXPECT_EQ(mapping.mtime_sec, static_cast<std::uint64_t>(below.st_mtim.tv_sec));
  EXPECT_EQ(mapping.mtime_nsec, static_cast<std::uint32_t>(below.st_mtim.tv_nsec));
  EXPECT(below.st_mtim.tv_sec != above.st_mtim.tv_sec, "the copy looks like the file below");
}

// The root of a test machine may be one: this program's own file.
TEST_CASE(the_root_file_system) {
  char path[4096] = "";
  REQUIRE_CALL(readlink("/proc/self/exe", path, sizeof path - 1));
  expect_private_is_exact(path);
}

TEST_CASE(fuse) {
  Fuse served("fuse", 8 * page_size);
  expect_private_is_exact(served.file());
  expect_shared_is_exact(served.file());
}
