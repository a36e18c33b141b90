// SPDX-License-Identifier: GPL-2.0-or-later
// Private mappings of files: unmodified pages by reference to the file, modified
// ones as data, and what has no file to refer to as data, too.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

/// A file of @bytes bytes with contents, open for reading and writing.
class File {
 public:
  explicit File(const char* path, std::size_t bytes)
      : fd_(open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600)) {
    REQUIRE_CALL(fd_);
    std::vector<char> page(page_size);
    for (std::size_t at = 0; at < bytes; at += page_size) {
      fill_page(page.data(), at + 1);
      std::size_t size = std::min(page_size, bytes - at);
      REQUIRE_EQ(write(fd_, page.data(), size), static_cast<ssize_t>(size));
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

TEST_CASE(unmodified_pages_are_the_files) {
  File file("plain", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  (void)*static_cast<volatile unsigned char*>(area.page(2));  // read, not written
  touch(area.page(5));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "a"), 0);
  EXPECT_EQ(picture("a", area.range()), "FFFFFDFF");
  checkpoint::Image image = open_image("a");
  const checkpoint::Mapping& mapping = image.mappings().at(0);
  struct stat st {};
  REQUIRE_CALL(fstat(file.fd(), &st));
  EXPECT(mapping.has(PROC_CHECKPOINT_MAP_FILE));
  EXPECT(mapping.has(PROC_CHECKPOINT_MAP_BY_REF));
  EXPECT_EQ(mapping.file_size, 8 * page_size);
  EXPECT_EQ(mapping.mtime_sec, static_cast<std::uint64_t>(st.st_mtim.tv_sec));
  EXPECT_EQ(mapping.mtime_nsec, static_cast<std::uint32_t>(st.st_mtim.tv_nsec));
  expect_chain_equals_memory({"a"}, area.range());
}

TEST_CASE(modified_between) {
  File file("modified", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(0));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "m"), 0);
  touch(area.page(3));
  REQUIRE_EQ(self.inc(area.range(), "m1"), 0);
  const std::string pages = picture("m1", area.range());
  EXPECT_EQ(pages[3], 'D');
  EXPECT_EQ(count(pages, 'D'), 1u);
  touch(area.page(0));
  REQUIRE_EQ(self.inc(area.range(), "m2"), 0);
  expect_chain_equals_memory({"m", "m1", "m2"}, area.range());
}

TEST_CASE(a_modified_page_that_is_dropped_is_the_files_again) {
  File file("dropped", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "d"), 0);
  EXPECT_EQ(picture("d", area.range()), "DDDDDDDD");
  REQUIRE_CALL(madvise(area.page(2), 2 * page_size, MADV_DONTNEED));
  REQUIRE_EQ(self.inc(area.range(), "d1"), 0);
  EXPECT_EQ(picture("d1", area.range()), "..FF....");
  expect_chain_equals_memory({"d", "d1"}, area.range());
}

// Unmodified pages follow the file, as the process sees them; modified ones don't.
TEST_CASE(the_file_is_changed_by_others) {
  File file("underneath", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(1));
  (void)*static_cast<volatile unsigned char*>(area.page(2));
  const std::string pages = chain_after(area.range(), [&] {
    for (off_t page : {1, 2, 3})
      REQUIRE_EQ(pwrite(file.fd(), "by others", 9, page * page_size + 50), 9);
    EXPECT(std::memcmp(area.page(2) + 50, "by others", 9) == 0);
    touch(area.page(5));
  });
  EXPECT_EQ(pages, "F.FFFDFF");
}

// A store through a shared mapping may leave mtime alone: no reference would notice.
TEST_CASE(a_file_that_somebody_may_store_to_is_data) {
  File file("stored", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  Checkpointer self;
  {
    Area shared(8, rw, MAP_SHARED, file.fd());
    REQUIRE_EQ(self.full(area.range(), "st"), 0);
    EXPECT_EQ(picture("st", area.range()), "DDDDDDDD");
    const std::vector<std::byte> before = copy_of(area.range());
    touch(shared.page(2));
    expect_image_holds("st", area.range(), before);
    REQUIRE_EQ(self.inc(area.range(), "st1"), 0);
    EXPECT_EQ(picture("st1", area.range()), "DDDDDDDD");
    expect_chain_equals_memory({"st", "st1"}, area.range());
  }
  // Nobody may any more.
  REQUIRE_EQ(self.inc(area.range(), "st2"), 0);
  EXPECT_EQ(picture("st2", area.range()), "FFFFFFFF");
  expect_chain_equals_memory({"st", "st1", "st2"}, area.range());
}

TEST_CASE(a_file_in_place_of_memory) {
  File file("inplace", 4 * page_size);
  Area area(8);
  fill(area, 2);
  const std::string pages = chain_after(area.range(), [&] {
    REQUIRE(mmap(area.page(2), 4 * page_size, rw, MAP_PRIVATE | MAP_FIXED, file.fd(), 0) !=
            MAP_FAILED);
    touch(area.page(4));
  });
  EXPECT_EQ(pages, "..FFDF..");
  // And back, without a page in common.
  const std::string back = chain_after(area.range(), [&] {
    REQUIRE(mmap(area.page(1), 4 * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0) !=
            MAP_FAILED);
    touch(area.page(3));
  });
  EXPECT_EQ(back, ".ZZDZF..");
}

// What is written to the file as soon as its pages are referred to gives it another
// time, where the file system can: since Linux 6.13, tmpfs among them.
TEST_CASE(a_file_that_is_changed_within_the_same_tick) {
  File file("tick", page_size);
  Area area(1, rw, MAP_PRIVATE, file.fd());
  const auto change = [&] { REQUIRE_EQ(pwrite(file.fd(), "x", 1, 0), 1); };
  const auto time = [&] {
    struct stat st {};
    REQUIRE_CALL(fstat(file.fd(), &st));
    return std::pair(static_cast<std::uint64_t>(st.st_mtim.tv_sec),
                     static_cast<std::uint32_t>(st.st_mtim.tv_nsec));
  };
  for (int i = 0; i < 100; i++) {
    change();
    const auto before = time();
    change();
    if (time() == before) {
      std::cout << "# not here: the times of files are too coarse" << std::endl;
      return;
    }
  }
  Checkpointer self;
  for (int i = 0; i < 200; i++) {
    change();
    REQUIRE_EQ(self.full(area.range(), "image"), 0);
    change();
    const checkpoint::Image image = open_image("image");
    const checkpoint::Mapping& mapping = image.mappings().at(0);
    EXPECT(std::pair(mapping.mtime_sec, mapping.mtime_nsec) != time(), i);
    unlink("image");
  }
}

TEST_CASE(behind_the_end_of_the_file) {
  File file("end", 3 * page_size + 100);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "e"), 0);
  EXPECT_EQ(picture("e", area.range()), "FFFFSSSS");
  checkpoint::Image image = open_image("e");
  EXPECT_EQ(image.runs().back().reason, unsigned{PROC_CHECKPOINT_SKIP_EOF});
  expect_chain_equals_memory({"e"}, area.range());
  REQUIRE_CALL(ftruncate(file.fd(), 6 * page_size));
  touch(area.page(5));
  REQUIRE_EQ(self.inc(area.range(), "e1"), 0);
  EXPECT_EQ(picture("e1", area.range()).substr(4), "FDSS");
  expect_chain_equals_memory({"e", "e1"}, area.range());
}

TEST_CASE(a_modified_page_behind_the_end_is_gone_with_it) {
  File file("cut", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  fill(area, 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "c"), 0);
  REQUIRE_CALL(ftruncate(file.fd(), 4 * page_size));
  REQUIRE_EQ(self.inc(area.range(), "c1"), 0);
  EXPECT_EQ(picture("c1", area.range()).substr(4), "SSSS");
  expect_chain_equals_memory({"c", "c1"}, area.range());
}

TEST_CASE(an_unlinked_file_is_data) {
  File file("unlinked", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(1));
  REQUIRE_CALL(unlink("unlinked"));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "u"), 0);
  EXPECT_EQ(picture("u", area.range()), "DDDDDDDD");
  EXPECT(open_image("u").mappings().at(0).has(PROC_CHECKPOINT_MAP_UNLINKED));
  expect_chain_equals_memory({"u"}, area.range());
  touch(area.page(4));
  REQUIRE_EQ(pwrite(file.fd(), "changed below", 13, 6 * page_size), 13);
  REQUIRE_EQ(self.inc(area.range(), "u1"), 0);
  expect_chain_equals_memory({"u", "u1"}, area.range());
}

TEST_CASE(unlinked_between) {
  File file("later", 8 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  touch(area.page(1));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "l"), 0);
  REQUIRE_CALL(unlink("later"));
  touch(area.page(2));
  REQUIRE_EQ(self.inc(area.range(), "l1"), 0);
  expect_chain_equals_memory({"l", "l1"}, area.range());
}

TEST_CASE(another_file_in_its_place) {
  File first("first", 8 * page_size), second("second", 8 * page_size);
  REQUIRE_EQ(pwrite(second.fd(), "second", 6, 0), 6);
  Area area(8, rw, MAP_PRIVATE, first.fd());
  fill_page(area.page(6), 1);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "r"), 0);
  REQUIRE(mmap(area.data(), 4 * page_size, rw, MAP_PRIVATE | MAP_FIXED, second.fd(), 0) !=
          MAP_FAILED);
  REQUIRE(mmap(area.page(4), 4 * page_size, rw, Area::anonymous | MAP_FIXED, -1, 0) != MAP_FAILED);
  REQUIRE_EQ(self.inc(area.range(), "r1"), 0);
  EXPECT_EQ(picture("r1", area.range()), "FFFFZZZZ");
  expect_chain_equals_memory({"r", "r1"}, area.range());
}

TEST_CASE(the_same_file_at_another_offset) {
  File file("offset", 16 * page_size);
  Area area(8, rw, MAP_PRIVATE, file.fd());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "o"), 0);
  REQUIRE(mmap(area.data(), 8 * page_size, rw, MAP_PRIVATE | MAP_FIXED, file.fd(), 5 * page_size) !=
          MAP_FAILED);
  touch(area.page(7));
  REQUIRE_EQ(self.inc(area.range(), "o1"), 0);
  EXPECT_EQ(picture("o1", area.range()), "FFFFFFFD");
  expect_chain_equals_memory({"o", "o1"}, area.range());
}

TEST_CASE(names_with_odd_characters) {
  const char* odd = "two words\nand \\a back\tslash";
  File file(odd, 2 * page_size);
  Area area(2, rw, MAP_PRIVATE, file.fd());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "n"), 0);
  EXPECT(open_image("n").mappings().at(0).name.ends_with(odd));
  expect_chain_equals_memory({"n"}, area.range());
}

TEST_CASE(a_read_only_mapping) {
  File file("text", 4 * page_size);
  Area area(4, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.fd());
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "t"), 0);
  EXPECT_EQ(picture("t", area.range()), "FFFF");
  EXPECT_EQ(self.status().number("last.pages_copied"), 0u);
  expect_chain_equals_memory({"t"}, area.range());
}
