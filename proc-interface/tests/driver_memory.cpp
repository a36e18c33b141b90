// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that the kernel shares with a process through a mapping: it writes to
// it as it likes, so it is saved each time.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

/// A mapping at a place of the kernel's choice.
class Mapped {
 public:
  Mapped(int fd, std::size_t bytes, off_t offset) : bytes_(bytes) {
    void* memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    REQUIRE(memory != MAP_FAILED, std::strerror(errno));
    base_ = static_cast<unsigned char*>(memory);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() { munmap(base_, bytes_); }
  [[nodiscard]] unsigned char* data() const { return base_; }
  [[nodiscard]] unsigned& word(unsigned offset) const {
    return *reinterpret_cast<unsigned*>(base_ + offset);
  }
  [[nodiscard]] Range range() const {
    const auto start = reinterpret_cast<std::uint64_t>(base_);
    return {start, start + (bytes_ + page_size - 1) / page_size * page_size};
  }

 private:
  unsigned char* base_ = nullptr;
  std::size_t bytes_;
};

void expect_all_saved(const Incs& incs) {
  EXPECT_EQ(count(incs.first, 'D'), incs.first.size());
  EXPECT_EQ(count(incs.second, 'D'), incs.second.size());
}

}  // namespace

TEST_CASE(the_rings_of_io_uring) {
  io_uring_params parameters{};
  int ring = static_cast<int>(syscall(SYS_io_uring_setup, 4, &parameters));
  if (ring < 0) SKIP(std::string("io_uring: ") + std::strerror(errno));
  {
    Mapped queue(ring, parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe),
                 IORING_OFF_SQ_RING);
    Mapped entries(ring, parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
    auto* entry = reinterpret_cast<io_uring_sqe*>(entries.data());
    auto submit = [&] {
      *entry = {};
      entry->opcode = IORING_OP_NOP;
      entry->user_data = 0x1234567;
      std::atomic_ref(queue.word(parameters.sq_off.tail))++;
      REQUIRE_EQ(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0), 1);
    };
    const unsigned before = queue.word(parameters.cq_off.tail);
    expect_all_saved(incs_after(queue.range(), submit));
    EXPECT_EQ(queue.word(parameters.cq_off.tail), before + 1, "the kernel wrote nothing");
    expect_all_saved(incs_after(entries.range(), submit));
  }
  close(ring);
}

TEST_CASE(the_ring_of_aio) {
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, 4, &context) != 0) SKIP(std::string("aio: ") + std::strerror(errno));
  int fds[2];
  REQUIRE_CALL(pipe2(fds, O_CLOEXEC));
  const Range range{context, context + page_size};
  const Incs incs = incs_after(range, [&] {
    REQUIRE_EQ(write(fds[1], "byte", 4), 4);
    char buffer[4];
    iocb request{};
    request.aio_lio_opcode = IOCB_CMD_PREAD;
    request.aio_fildes = static_cast<__u32>(fds[0]);
    request.aio_buf = reinterpret_cast<std::uint64_t>(buffer);
    request.aio_nbytes = sizeof buffer;
    iocb* requests[] = {&request};
    REQUIRE_EQ(syscall(SYS_io_submit, context, 1, requests), 1);
    // What is done lies in the ring, unread.
  });
  expect_all_saved(incs);
  syscall(SYS_io_destroy, context);
  close(fds[0]);
  close(fds[1]);
}

TEST_CASE(the_ring_of_perf) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.mmap = 1;
  attributes.mmap_data = 1;
  attributes.sample_period = 1;
  int event =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  if (event < 0) SKIP(std::string("perf: ") + std::strerror(errno));
  {
    Mapped ring(event, 3 * page_size, 0);
    auto* control = reinterpret_cast<perf_event_mmap_page*>(ring.data());
    REQUIRE_CALL(ioctl(event, PERF_EVENT_IOC_DISABLE, 0));
    const std::uint64_t before = control->data_head;
    const Incs incs = incs_after(ring.range(), [&] {
      REQUIRE_CALL(ioctl(event, PERF_EVENT_IOC_ENABLE, 0));
      { Area noted(1); }
      REQUIRE_CALL(ioctl(event, PERF_EVENT_IOC_DISABLE, 0));
    });
    EXPECT(control->data_head > before, "the kernel wrote nothing");
    // Device memory to the kernel, since Linux 6.15 or so: not read.
    if (smaps_flag(ring.range(), "pf"))
      EXPECT_EQ(incs.first + incs.second, "SSSSSS");
    else
      expect_all_saved(incs);
  }
  close(event);
}

// Pages that a driver has put into the mapping one by one (VM_MIXEDMAP).
TEST_CASE(pages_that_a_driver_inserts) {
  int device = open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC);
  if (device < 0) SKIP(std::string("no test_hmm in this kernel: ") + std::strerror(errno));
  {
    Area area(8, PROT_READ | PROT_WRITE, MAP_SHARED, device);
    fill(area, 1);
    expect_all_saved(incs_after(area.range(), [&] { touch(area.page(3)); }));
    expect_unaffected_by(area.range(), [&] { fill(area, 2); });
  }
  close(device);
}
