// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/subject.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/types.h"

namespace bench {
namespace {

using checkpoint::kPageSize;
using checkpoint::system_failure;

[[noreturn]] void be_the_subject(int out, std::size_t bytes, std::size_t stride) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto start = reinterpret_cast<std::uint64_t>(make_memory(bytes, stride));
  if (write(out, &start, sizeof(start)) != sizeof(start)) _exit(1);
  for (;;) pause();
}

}  // namespace

std::byte* make_memory(std::size_t bytes, std::size_t stride) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw system_failure("memory", "map");
  // Huge pages would make it 512 times easier.
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  auto* first = static_cast<std::byte*>(memory);
  for (std::size_t page = 0; page < bytes / kPageSize; page += stride) {
    auto* words = reinterpret_cast<std::uint64_t*>(first + page * kPageSize);
    for (std::size_t n = 0; n < kPageSize / sizeof(*words); ++n)
      words[n] = (page * 512 + n) * 0x9e3779b97f4a7c15U;
  }
  return first;
}

Subject::Subject(std::size_t bytes, std::size_t stride) : bytes_(bytes), resident_(bytes / stride) {
  int ends[2];
  if (pipe(ends)) throw system_failure("subject", "make a pipe");
  pid_ = fork();
  if (pid_ < 0) throw system_failure("subject", "fork");
  if (pid_ == 0) be_the_subject(ends[1], bytes, stride);
  close(ends[1]);
  const auto got = read(ends[0], &start_, sizeof(start_));
  close(ends[0]);
  if (got != sizeof(start_))
    throw checkpoint::Error(checkpoint::Error::Kind::failed, "subject", "did not get its memory");
}

Subject::~Subject() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Subject::touch() const {
  std::vector<std::byte> buffer(256 << 10);
  for (std::size_t at = 0; at < bytes_; at += buffer.size()) {
    const iovec here{buffer.data(), buffer.size()};
    const iovec there{reinterpret_cast<void*>(start_ + at), std::min(buffer.size(), bytes_ - at)};
    process_vm_readv(pid_, &here, 1, &there, 1, 0);
  }
}

void touch_memory(const std::byte* memory, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kPageSize)
    static_cast<void>(*static_cast<const volatile std::byte*>(memory + at));
}

void Subject::stop() const {
  kill(pid_, SIGSTOP);
  if (waitpid(pid_, nullptr, WUNTRACED) != pid_) throw system_failure("subject", "stop");
}

void Subject::resume() const {
  kill(pid_, SIGCONT);
}

}  // namespace bench
