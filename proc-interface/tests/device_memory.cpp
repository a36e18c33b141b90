// SPDX-License-Identifier: GPL-2.0-or-later
// A device that shares the address space: it writes by page tables of its own,
// and takes pages into its own memory.  The device is the kernel's test of such
// drivers, lib/test_hmm.c.
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/huge_pages.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

// lib/test_hmm_uapi.h
struct hmm_dmirror_cmd {
  __u64 addr;
  __u64 ptr;
  __u64 npages;
  __u64 cpages;
  __u64 faults;
};
constexpr unsigned long dmirror_write = _IOWR('H', 0x01, hmm_dmirror_cmd);
constexpr unsigned long dmirror_to_device = _IOWR('H', 0x02, hmm_dmirror_cmd);
constexpr unsigned long dmirror_to_system = _IOWR('H', 0x03, hmm_dmirror_cmd);
constexpr unsigned long dmirror_snapshot = _IOWR('H', 0x04, hmm_dmirror_cmd);
constexpr unsigned long dmirror_exclusive = _IOWR('H', 0x05, hmm_dmirror_cmd);
constexpr unsigned long dmirror_flags = _IOWR('H', 0x08, hmm_dmirror_cmd);
constexpr unsigned char private_to_the_device = 0x20;

class Device {
 public:
  Device() : fd_(open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0) SKIP(std::string("no test_hmm in this kernel: ") + std::strerror(errno));
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() { close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

  /// The device fills a page.  Returns how often it had to ask for the page.
  std::uint64_t write(const Area& area, std::size_t index, std::uint64_t seed) const {
    fill_page(&buffer_[0], seed);
    const std::uint64_t faults = command(dmirror_write, area, index, 1).faults;
    EXPECT(std::memcmp(area.page(index), buffer_.data(), page_size) == 0, "did not arrive");
    return faults;
  }
  /// The same without a look at it, which would bring the page back.
  void write_unseen(const Area& area, std::size_t index, std::uint64_t seed) const {
    fill_page(&buffer_[0], seed);
    command(dmirror_write, area, index, 1);
  }
  /// In newer kernels the test, not the memory management, crashes when the device
  /// writes to a page that it made of a hole: those that know this command.
  [[nodiscard]] bool may_write_what_it_makes() const {
    hmm_dmirror_cmd request{};
    request.npages = 2;  // flags; of none that there is
    return ioctl(fd_, dmirror_flags, &request) != 0;
  }
  void take(const Area& area, std::size_t first, std::size_t pages) const {
    command(dmirror_to_device, area, first, pages);
    REQUIRE_EQ(owned(area, first, pages), pages, "were taken by the device");
  }
  void give_back(const Area& area, std::size_t first, std::size_t pages) const {
    command(dmirror_to_system, area, first, pages);
    REQUIRE_EQ(owned(area, first, pages), 0u, "are still the device's");
  }
  void take_exclusively(const Area& area, std::size_t first, std::size_t pages) const {
    command(dmirror_exclusive, area, first, pages);
  }
  /// How many of the pages are in the device's memory.
  [[nodiscard]] std::size_t owned(const Area& area, std::size_t first, std::size_t pages) const {
    command(dmirror_snapshot, area, first, pages);
    std::size_t count = 0;
    for (std::size_t i = 0; i < pages; i++)
      count += (static_cast<unsigned char>(buffer_[i]) & 0xf0) == private_to_the_device;
    return count;
  }

 private:
  hmm_dmirror_cmd command(unsigned long number, const Area& area, std::size_t first,
                          std::size_t pages) const {
    hmm_dmirror_cmd request{};
    request.addr = area.range(first, pages).start;
    request.ptr = reinterpret_cast<std::uint64_t>(buffer_.data());
    request.npages = pages;
    REQUIRE(pages * page_size <= buffer_.size());
    int result;
    while ((result = ioctl(fd_, number, &request)) == -1 && (errno == EBUSY || errno == EINTR)) {
    }
    REQUIRE(result == 0, "command", number & 0xff, std::strerror(errno));
    return request;
  }

  int fd_;
  mutable std::vector<unsigned char> buffer_ = std::vector<unsigned char>(64 * page_size);
};

/// As chain_after().  What a capture itself brings back has just come into
/// memory, and looks to it as if somebody else had it: the second inc may have
/// that again, and nothing else; a later one has nothing.
std::string pages_after(const Range& range, const std::function<void()>& change) {
  const Incs incs = incs_after(range, change);
  for (std::size_t i = 0; i < incs.first.size(); i++)
    EXPECT(incs.second[i] != 'D' || incs.first[i] == 'D', "page", i, "in the second inc");
  EXPECT_EQ(count(chain_after(range, [] {}), 'D'), 0u);
  return incs.first;
}

// The device may write to a page that the process might have written to.  What
// it writes there leaves no trace in the page tables, whatever is done to them.
void expect_write_of_device(const std::function<void(const Area&)>& then) {
  for (bool given_back : {false, true}) {
    Device device;
    Area area(16);
    fill(area, 5);
    const std::string pages = pages_after(area.range(), [&] {
      touch(area.page(5));
      device.take(area, 4, 4);
      device.write_unseen(area, 5, 30);
      then(area);
      EXPECT_EQ(device.owned(area, 5, 1), 1u);
      if (given_back) device.give_back(area, 4, 4);
    });
    EXPECT_EQ(pages[5], 'D', "given back:", given_back);
    EXPECT_EQ(pages.substr(8), "........");
  }
}

}  // namespace

TEST_CASE(a_device_writes_by_its_own_page_table) {
  Device device;
  Area area(8);
  fill(area, 1);
  device.write(area, 3, 10);
  EXPECT_EQ(device.write(area, 3, 11), 0u, "it should know the page by now");
  const std::string pages = chain_after(area.range(), [&] {
    EXPECT_EQ(device.write(area, 3, 12), 1u, "it was not told to forget the page");
    touch(area.page(6));
  });
  EXPECT_EQ(pages, "...D..D.");
  // It has the page again, and is told again.
  const std::string again =
      chain_after(area.range(), [&] { EXPECT_EQ(device.write(area, 3, 13), 1u); });
  EXPECT_EQ(again, "...D....");
}

TEST_CASE(a_device_writes_while_the_image_is_written) {
  Device device;
  Area area(256);
  fill(area, 2);
  for (std::size_t i = 0; i < area.pages(); i += 50) device.write(area, i, i + 20);
  expect_unaffected_by(area.range(), [&] {
    for (std::size_t i = 0; i < area.pages(); i += 50) device.write(area, i, i + 21);
  });
}

TEST_CASE(pages_in_the_memory_of_a_device) {
  Device device;
  Area area(16);
  fill(area, 3);
  device.take(area, 4, 4);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "taken"), 0);
  EXPECT_EQ(picture("taken", area.range()), std::string(16, 'D'));
  expect_chain_equals_memory({"taken"}, area.range());
}

// The stall brings back some that were taken just before it, not all.
TEST_CASE(very_many_pages_in_the_memory_of_a_device) {
  constexpr std::size_t pages = 9216, at_once = 64;
  Device device;
  Area area(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  fill(area, 11);
  for (std::size_t i = 0; i < pages; i += at_once) device.take(area, i, at_once);
  Checkpointer self;
  REQUIRE_EQ(errno_text(self.full(area.range(), "many")), "0");
  EXPECT_EQ(count(picture("many", area.range()), 'D'), pages);
  expect_chain_equals_memory({"many"}, area.range());
}

TEST_CASE(taken_by_a_device) {
  Device device;
  Area area(16);
  fill(area, 4);
  const std::string pages = pages_after(area.range(), [&] {
    device.take(area, 4, 4);
    EXPECT_EQ(device.owned(area, 4, 4), 4u);
  });
  EXPECT_EQ(pages.substr(0, 4), "....");
  EXPECT_EQ(pages.substr(8), "........");
}

TEST_CASE(taken_and_written_there) {
  expect_write_of_device([](const Area&) {});
}

TEST_CASE(taken_written_and_shared_with_a_child) {
  expect_write_of_device([](const Area& area) {
    Child child([&](Child::Steps& steps) {
      touch(area.page(9));
      steps.pause();
    });
    child.finish();
  });
}

TEST_CASE(taken_written_and_protected) {
  expect_write_of_device([](const Area& area) {
    REQUIRE_CALL(mprotect(area.page(4), 4 * page_size, PROT_READ));
    REQUIRE_CALL(mprotect(area.page(4), 4 * page_size, PROT_READ | PROT_WRITE));
  });
}

// A device may also be given a page that does not exist yet.
TEST_CASE(a_page_that_a_device_makes) {
  Device device;
  Area area(16);
  touch(area.page(0));
  const std::string pages = pages_after(area.range(), [&] {
    device.take(area, 4, 2);
    if (device.may_write_what_it_makes()) device.write_unseen(area, 4, 70);
  });
  EXPECT_EQ(pages[4], 'D');
  EXPECT_EQ(pages.substr(0, 4), ".ZZZ");
}

// The new page is not one that the process may write to, nor marked as written.
TEST_CASE(a_page_that_a_device_makes_in_place_of_another) {
  Device device;
  Area area(16);
  fill(area, 10);
  const std::string pages = pages_after(area.range(), [&] {
    REQUIRE_CALL(madvise(area.page(4), 2 * page_size, MADV_DONTNEED));
    REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ));
    device.take(area, 4, 2);
    device.give_back(area, 4, 2);
  });
  EXPECT_EQ(count(pages.substr(4, 2), '.'), 0u, "the old contents are back", pages);
}

TEST_CASE(pages_that_a_device_has_for_itself) {
  Device device;
  Area area(8);
  fill(area, 8);
  const std::string pages = chain_after(area.range(), [&] {
    touch(area.page(1));
    device.take_exclusively(area, 3, 2);
  });
  EXPECT_EQ(pages[1], 'D');
  const std::string later = chain_after(area.range(), [&] {
    device.take_exclusively(area, 3, 2);
    touch(area.page(4));
  });
  EXPECT_EQ(later[4], 'D');
}

TEST_CASE(huge_pages_go_to_a_device_in_pieces) {
  Device device;
  Area area = huge_area(2, 9);
  const std::string pages = pages_after(area.range(), [&] {
    touch(area.page(101));
    device.take(area, 100, 4);
    device.write_unseen(area, 101, 80);
  });
  EXPECT_EQ(pages[101], 'D');
}
