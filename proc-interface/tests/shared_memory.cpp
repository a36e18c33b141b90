// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that other processes share: what they wrote is saved, too, also in
// pages that the process itself never touched.
#include <fcntl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t pages = 64;

/// full, a write of the process and some of another process, inc, twice.
void expect_exact(const Area& area) {
  Checkpointer self;
  ImageChain chain;
  Child other([&](Child::Steps& steps) {
    steps.pause();
    for (std::size_t i = 1; i < pages; i += 5) touch(area.page(i));
    steps.pause();
    fill_page(area.page(40), 99);
    steps.pause();
  });
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  chain.add("full");
  chain.expect_equals_memory(area.range());
  other.step();
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "inc1"), 0);
  chain.add("inc1");
  chain.expect_equals_memory(area.range());
  other.step();
  REQUIRE_EQ(self.inc(area.range(), "inc2"), 0);
  chain.add("inc2");
  chain.expect_equals_memory(area.range());
  other.finish();
  for (const char* path : {"full", "inc1", "inc2"}) unlink(path);
}

class Memfd {
 public:
  explicit Memfd(std::size_t size) : fd_(memfd_create("shared", MFD_CLOEXEC)) {
    REQUIRE_CALL(fd_);
    REQUIRE_CALL(ftruncate(fd_, static_cast<off_t>(size)));
  }
  Memfd(const Memfd&) = delete;
  Memfd& operator=(const Memfd&) = delete;
  ~Memfd() { close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

constexpr int rw = PROT_READ | PROT_WRITE;

}  // namespace

TEST_CASE(anonymous_shared_memory) {
  Area area(pages, rw, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 1);
  expect_exact(area);
}

TEST_CASE(pages_that_only_the_other_process_touched) {
  Area area(pages, rw, MAP_SHARED | MAP_ANONYMOUS);
  Child other([&](Child::Steps& steps) {
    for (std::size_t i = 0; i < pages; i += 3) fill_page(area.page(i), i + 1);
    steps.pause();
  });
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "untouched"), 0);
  EXPECT(count(picture("untouched", area.range()), 'D') >= (pages + 2) / 3);
  other.finish();
  expect_chain_equals_memory({"untouched"}, area.range());
}

TEST_CASE(memfd) {
  Memfd memory(pages * page_size);
  Area area(pages, rw, MAP_SHARED, memory.fd());
  fill(area, 2);
  expect_exact(area);
}

TEST_CASE(memfd_written_by_write_and_punched) {
  Memfd memory(pages * page_size);
  Area area(pages, rw, MAP_SHARED, memory.fd());
  fill(area, 3);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "punched"), 0);
  REQUIRE_EQ(pwrite(memory.fd(), "written", 7, 5 * page_size + 9), 7);
  REQUIRE_CALL(fallocate(memory.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10 * page_size,
                         4 * page_size));
  REQUIRE_EQ(self.inc(area.range(), "punched1"), 0);
  expect_chain_equals_memory({"punched", "punched1"}, area.range());
}

TEST_CASE(memfd_with_an_offset_and_holes) {
  Memfd memory(2 * pages * page_size);
  Area area(pages, rw, MAP_SHARED, memory.fd(), 7 * page_size);
  fill_page(area.page(4), 4);
  expect_exact(area);
}

TEST_CASE(memfd_shorter_than_the_mapping) {
  Memfd memory(4 * page_size);
  Area area(8, rw, MAP_SHARED, memory.fd());
  for (std::size_t i = 0; i < 4; i++) fill_page(area.page(i), i + 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "short"), 0);
  EXPECT_EQ(picture("short", area.range()), "DDDDSSSS");
  expect_chain_equals_memory({"short"}, area.range());
  REQUIRE_CALL(ftruncate(memory.fd(), 6 * page_size));
  fill_page(area.page(5), 6);
  REQUIRE_EQ(self.inc(area.range(), "longer"), 0);
  expect_chain_equals_memory({"short", "longer"}, area.range());
  REQUIRE_CALL(ftruncate(memory.fd(), 2 * page_size));
  REQUIRE_EQ(self.inc(area.range(), "shorter"), 0);
  EXPECT_EQ(picture("shorter", area.range()).substr(2), "SSSSSS");
  expect_chain_equals_memory({"short", "longer", "shorter"}, area.range());
}

TEST_CASE(a_private_mapping_of_a_memfd) {
  Memfd memory(pages * page_size);
  {
    Area shared(pages, rw, MAP_SHARED, memory.fd());
    fill(shared, 5);
  }
  Area area(pages, rw, MAP_PRIVATE, memory.fd());
  touch(area.page(3));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "private"), 0);
  expect_chain_equals_memory({"private"}, area.range());
  // Unmodified pages follow the memfd.
  REQUIRE_EQ(pwrite(memory.fd(), "changed", 7, 8 * page_size), 7);
  touch(area.page(9));
  REQUIRE_EQ(self.inc(area.range(), "private1"), 0);
  expect_chain_equals_memory({"private", "private1"}, area.range());
}

TEST_CASE(a_shared_mapping_of_a_file) {
  int fd = open("shared_file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, pages * page_size));
  Area area(pages, rw, MAP_SHARED, fd);
  fill(area, 6);
  expect_exact(area);

  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "file"), 0);
  REQUIRE_EQ(pwrite(fd, "by write(2)", 11, 20 * page_size), 11);
  REQUIRE_EQ(self.inc(area.range(), "file1"), 0);
  expect_chain_equals_memory({"file", "file1"}, area.range());
  close(fd);
}

TEST_CASE(small_shared_pages_are_collapsed_into_a_huge_one) {
  constexpr std::size_t per_huge = huge_size / page_size;
  Area area(2 * per_huge, rw, MAP_SHARED | MAP_ANONYMOUS);
  fill(area, 12);
  const Incs incs = incs_after(area.range(), [&] {
    if (madvise(area.data(), huge_size, MADV_COLLAPSE) != 0)
      SKIP(std::string("MADV_COLLAPSE: ") + std::strerror(errno));
    touch(area.page(9));
    EXPECT_EQ(smaps_bytes(area.range(), "ShmemPmdMapped"), huge_size);
  });
  EXPECT_EQ(count(incs.first, 'D'), area.pages());
  expect_unaffected_by(area.range(), [&] { fill(area, 13); });
  // Without entries of its own the process has it all the same.
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_DONTNEED));
  incs_after(area.range(9, per_huge), [&] { touch(area.page(20)); });
}

TEST_CASE(a_shared_file_is_cut_and_extended) {
  int fd = open("cut_file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, 8 * page_size));
  Area area(8, rw, MAP_SHARED, fd);
  fill(area, 10);
  const Incs cut = incs_after(area.range(), [&] { REQUIRE_CALL(ftruncate(fd, 5 * page_size)); });
  EXPECT_EQ(cut.first.substr(5), "SSS");
  // What comes back is not what was cut off.
  const Incs extended = incs_after(area.range(), [&] {
    REQUIRE_CALL(ftruncate(fd, 7 * page_size));
    touch(area.page(6));
  });
  EXPECT_EQ(extended.first.substr(5), "ZDS");
  close(fd);
}

TEST_CASE(system_v_shared_memory) {
  int id = shmget(IPC_PRIVATE, pages * page_size, 0600);
  if (id == -1 && errno == ENOSYS) SKIP("no System V shared memory");
  REQUIRE_CALL(id);
  Area area(pages);
  REQUIRE_CALL(munmap(area.data(), area.bytes()));
  REQUIRE(shmat(id, area.data(), 0) == area.data(), std::strerror(errno));
  REQUIRE_CALL(shmctl(id, IPC_RMID, nullptr));
  fill(area, 11);
  expect_exact(area);
}

TEST_CASE(a_read_only_shared_mapping_that_another_writes) {
  Memfd memory(pages * page_size);
  Area writable(pages, rw, MAP_SHARED, memory.fd());
  Area area(pages, PROT_READ, MAP_SHARED, memory.fd());
  fill(writable, 7);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "view"), 0);
  touch(writable.page(12));
  REQUIRE_EQ(self.inc(area.range(), "view1"), 0);
  expect_chain_equals_memory({"view", "view1"}, area.range());
}

TEST_CASE(two_mappings_of_one_memory) {
  Memfd memory(pages * page_size);
  Area area(2 * pages);
  for (std::size_t at : {std::size_t{0}, pages})
    REQUIRE(mmap(area.page(at), pages * page_size, rw, MAP_SHARED | MAP_FIXED, memory.fd(), 0) !=
            MAP_FAILED);
  fill_page(area.page(1), 8);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "twice"), 0);
  EXPECT_EQ(picture("twice", area.range(pages + 1, 1)), "D");
  fill_page(area.page(pages + 2), 9);
  REQUIRE_EQ(self.inc(area.range(), "twice1"), 0);
  expect_chain_equals_memory({"twice", "twice1"}, area.range());
}
