// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "test.h"

namespace test {
namespace {

unsigned* word(unsigned char* ring, unsigned offset) {
  return reinterpret_cast<unsigned*>(ring + offset);
}

}  // namespace

Ring::Ring(void* buffer, std::size_t bytes) {
  fd_ = static_cast<int>(syscall(SYS_io_uring_setup, 1, &parameters_));
  if (fd_ < 0) SKIP(std::string("io_uring_setup: ") + std::strerror(errno));
  submission_ = map(submission_bytes(), IORING_OFF_SQ_RING);
  completion_ = map(completion_bytes(), IORING_OFF_CQ_RING);
  entry_ = reinterpret_cast<io_uring_sqe*>(map(sizeof(io_uring_sqe), IORING_OFF_SQES));
  iovec registered{buffer, bytes};
  REQUIRE(syscall(SYS_io_uring_register, fd_, IORING_REGISTER_BUFFERS, &registered, 1) == 0,
          std::strerror(errno));
}

Ring::~Ring() {
  // Each of them keeps the ring, and the ring its buffer.
  munmap(submission_, submission_bytes());
  munmap(completion_, completion_bytes());
  munmap(entry_, sizeof *entry_);
  close(fd_);
}

int Ring::read_fixed(int file, void* to, unsigned bytes, std::uint64_t offset) {
  submit(file, to, bytes, offset);
  return wait();
}

void Ring::submit(int file, void* to, unsigned bytes, std::uint64_t offset) {
  std::memset(entry_, 0, sizeof *entry_);
  entry_->opcode = IORING_OP_READ_FIXED;
  entry_->fd = file;
  entry_->off = offset;
  entry_->addr = reinterpret_cast<std::uint64_t>(to);
  entry_->len = bytes;
  *word(submission_, parameters_.sq_off.array) = 0;
  std::atomic_ref tail(*word(submission_, parameters_.sq_off.tail));
  tail.store(tail.load() + 1);
  REQUIRE(syscall(SYS_io_uring_enter, fd_, 1, 0, 0, nullptr, 0) == 1, std::strerror(errno));
}

int Ring::wait() {
  REQUIRE(syscall(SYS_io_uring_enter, fd_, 0, 1, IORING_ENTER_GETEVENTS, nullptr, 0) == 0,
          std::strerror(errno));
  std::atomic_ref head(*word(completion_, parameters_.cq_off.head));
  unsigned at = head.load() & *word(completion_, parameters_.cq_off.ring_mask);
  auto* done = reinterpret_cast<io_uring_cqe*>(completion_ + parameters_.cq_off.cqes) + at;
  int result = done->res;
  head.store(head.load() + 1);
  return result;
}

std::size_t Ring::submission_bytes() const {
  return parameters_.sq_off.array + sizeof(unsigned);
}

std::size_t Ring::completion_bytes() const {
  return parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe);
}

unsigned char* Ring::map(std::size_t bytes, std::uint64_t offset) const {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_,
                      static_cast<off_t>(offset));
  REQUIRE(memory != MAP_FAILED, std::strerror(errno));
  // A forked child would keep the ring.
  madvise(memory, bytes, MADV_DONTFORK);
  return static_cast<unsigned char*>(memory);
}

}  // namespace test
