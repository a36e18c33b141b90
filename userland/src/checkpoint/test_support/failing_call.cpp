// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/failing_call.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>
#include <exception>
#include <optional>
#include <thread>

#include "checkpoint/error.h"

namespace checkpoint {
namespace {

/// For this thread, and what it starts, and for good.
void make_fail(int number, int error, std::optional<int> fd) {
  const auto call = static_cast<std::uint32_t>(number);
  const auto fail = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
  const auto first = static_cast<std::uint32_t>(fd.value_or(0));
  const auto is_first = BPF_JMP | BPF_K | (fd ? BPF_JEQ : BPF_JGE);  // each is at least 0
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(is_first, first, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, fail),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    throw system_failure("a system call", "make fail");
}

void run_failing(int number, int error, std::optional<int> fd,
                 const std::function<void()>& function) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      make_fail(number, error, fd);
      function();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

void with_failing_call(int number, int error, const std::function<void()>& function) {
  run_failing(number, error, std::nullopt, function);
}

void with_failing_call_on(int fd, int number, int error, const std::function<void()>& function) {
  run_failing(number, error, fd, function);
}

}  // namespace checkpoint
