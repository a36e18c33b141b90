// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/memory_in_use.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "checkpoint/command.h"
#include "checkpoint/process.h"
#include "checkpoint/status.h"

namespace bench {
namespace {

using namespace std::chrono_literals;
using checkpoint::kPageSize;
using checkpoint::system_failure;
using checkpoint::UniqueFd;

struct Fifo {
  explicit Fifo(std::string name) : path(std::move(name)) {
    if (mkfifo(path.c_str(), 0600)) throw system_failure(path, "create");
    reader.reset(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!reader || fcntl(reader.get(), F_SETFL, 0)) throw system_failure(path, "open");
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  ~Fifo() { unlink(path.c_str()); }

  std::string path;
  UniqueFd reader;
};

/// The pipe is full, and stays so.
void wait_until_blocked(const checkpoint::Process& process) {
  while (process.status().state != "writing") std::this_thread::sleep_for(20ms);
  std::this_thread::sleep_for(500ms);
}

}  // namespace

std::uint64_t memory_in_use() {
  std::uint64_t managed = 0, free = 0;
  std::ifstream zones("/proc/zoneinfo");
  for (std::string word; zones >> word;) {
    std::uint64_t pages = 0;
    if ((word == "managed" || word == "nr_free_pages" || word == "count:") && zones >> pages)
      (word == "managed" ? managed : free) += pages;
  }
  return (managed - free) * kPageSize;
}

void touch_free_memory() {
  constexpr std::uint64_t spared = 256 << 20;
  std::uint64_t free = 0;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string word; meminfo >> word;)
    if (word == "MemFree:" && meminfo >> free) break;
  free <<= 10;
  if (free <= spared) return;
  const pid_t child = fork();
  if (child < 0) throw system_failure("free memory", "fork");
  if (child == 0) {
    mmap(nullptr, free - spared, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
         -1, 0);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

std::int64_t memory_of_capture(const Subject& subject, const std::string& fifo) {
  const auto pid = static_cast<std::uint64_t>(subject.pid());
  const checkpoint::Process process("/proc", pid);
  Fifo pipe(fifo);
  const checkpoint::SaveCommand command{
      .start = subject.start(), .end = subject.start() + subject.bytes() - 1, .path = fifo};
  std::promise<void> go;
  auto sent = std::async(std::launch::async, [&] {
    go.get_future().wait();
    return process.send(command.text());
  });
  std::this_thread::sleep_for(500ms);

  const std::uint64_t before = memory_in_use();
  go.set_value();
  wait_until_blocked(process);
  const std::uint64_t held = memory_in_use();

  std::signal(SIGPIPE, SIG_IGN);
  pipe.reader.reset();
  if (const int error = sent.get(); error != EPIPE) throw command.failure(error, pid);
  return static_cast<std::int64_t>(held - before);
}

}  // namespace bench
