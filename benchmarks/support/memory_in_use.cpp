// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/memory_in_use.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

#include "checkpoint/error.h"
#include "checkpoint/types.h"

namespace bench {
namespace {

using checkpoint::kPageSize;

std::uint64_t free_memory() {
  std::uint64_t kib = 0;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string word; meminfo >> word;)
    if (word == "MemFree:" && meminfo >> kib) break;
  return kib << 10;
}

/// The sums of some lines of all zones, and of the per-node counters.
struct Zones {
  std::uint64_t managed = 0, free = 0, files = 0;
};

Zones zones() {
  Zones sums;
  std::ifstream file("/proc/zoneinfo");
  for (std::string word; file >> word;) {
    std::uint64_t* sum = nullptr;
    if (word == "managed") sum = &sums.managed;
    if (word == "nr_free_pages" || word == "count:") sum = &sums.free;
    if (word == "nr_file_pages") sum = &sums.files;
    if (std::uint64_t pages = 0; sum != nullptr && file >> pages) *sum += pages;
  }
  return sums;
}

}  // namespace

std::uint64_t memory_in_use() {
  const Zones sums = zones();
  return (sums.managed - sums.free) * kPageSize;
}

std::uint64_t memory_beside_files() {
  const Zones sums = zones();
  return (sums.managed - sums.free - sums.files) * kPageSize;
}

void touch_free_memory() {
  constexpr std::uint64_t spared = 256 << 20;
  const std::uint64_t free = free_memory();
  if (free <= spared) return;
  const pid_t child = fork();
  if (child < 0) throw checkpoint::system_failure("free memory", "fork");
  if (child == 0) {
    mmap(nullptr, free - spared, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
         -1, 0);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

PeakMemory::PeakMemory()
    : before_(memory_beside_files()), peak_(before_), thread_([this] {
        while (!ended_) {
          peak_ = std::max(peak_.load(), memory_beside_files());
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      }) {}

std::uint64_t PeakMemory::end() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
  return peak_ - before_;
}

}  // namespace bench
