// SPDX-License-Identifier: GPL-2.0-or-later
#include "stores.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "test.h"

namespace test {

namespace {

void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);  // if there is only one, so be it
}

}  // namespace

std::atomic_ref<std::uint64_t> word_of(const Area& area, std::size_t page, std::size_t index) {
  return std::atomic_ref(reinterpret_cast<std::uint64_t*>(area.page(page))[index]);
}

Stores::Stores(const Area& area) : area_(area), other_(fork()) {
  REQUIRE_CALL(other_);
  if (other_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on(1);
    for (;;) usleep(50);
  }
  for (std::size_t own : {5u, 6u, 7u}) {
    for (std::size_t page = 0; page < area_.pages(); page++) word_of(area_, page, own) = 0;
    threads_.emplace_back([this, own] { count(own); });
  }
}

void Stores::stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (other_ > 0) {
    kill(other_, SIGKILL);
    waitpid(other_, nullptr, 0);
    other_ = -1;
  }
}

void Stores::count(std::size_t own) {
  stay_on(own == 5 ? 0 : 1);
  for (std::uint64_t round = 0; !stop_; round++)
    for (std::size_t page = 0; page < area_.pages(); page++) {
      const auto word = word_of(area_, page, own);
      if (word.load(std::memory_order_relaxed) != round) lost_++;
      word.store(round + 1, std::memory_order_relaxed);
    }
}

}  // namespace test
