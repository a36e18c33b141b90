// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/live_child.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "checkpoint/image_writer.h"
#include "checkpoint/search.h"

namespace checkpoint {
namespace {

void wait_for_signals() {
  for (;;) ::pause();
}

/// As the kernel records it: the file's identity, cut to @range.
Mapping recorded(const LiveMapping& live, const AddressRange& range) {
  Mapping mapping = live;
  mapping.start = std::max(live.start, range.start);
  mapping.end = std::min(live.end, range.end);
  if (!live.has(PROC_CHECKPOINT_MAP_FILE)) return mapping;
  mapping.offset = live.file_offset(mapping.start);
  struct stat status {};
  if (::stat(live.name.c_str(), &status) != 0) {
    mapping.flags |= PROC_CHECKPOINT_MAP_UNLINKED;
    return mapping;
  }
  if (!live.has(PROC_CHECKPOINT_MAP_SHARED)) mapping.flags |= PROC_CHECKPOINT_MAP_BY_REF;
  mapping.file_size = static_cast<std::uint64_t>(status.st_size);
  mapping.mtime_sec = static_cast<std::uint64_t>(status.st_mtim.tv_sec);
  mapping.mtime_nsec = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  return mapping;
}

PageState state_of_bytes(ByteView page) {
  const bool zero =
      std::all_of(page.begin(), page.end(), [](std::byte byte) { return byte == std::byte{0}; });
  return zero ? PageState::zero : PageState::data;
}

}  // namespace

const int Area::kReadWrite = PROT_READ | PROT_WRITE;
const int Area::kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

Area::Area(std::size_t pages, int protection, int flags, int fd, std::uint64_t address)
    : address_(::mmap(reinterpret_cast<void*>(address), pages * kPageSize, protection,
                      flags | (address != 0 ? MAP_FIXED_NOREPLACE : 0), fd, 0)),
      pages_(pages) {
  if (address_ == MAP_FAILED) throw system_failure("test", "map");
}

Area::~Area() {
  ::munmap(address_, pages_ * kPageSize);
}

std::uint64_t Area::page(std::size_t n) const {
  return reinterpret_cast<std::uintptr_t>(address_) + n * kPageSize;
}

std::span<std::byte> Area::bytes() const {
  return {static_cast<std::byte*>(address_), pages_ * kPageSize};
}

LiveChild::LiveChild(const std::function<void()>& body) : pid_(::fork()) {
  if (pid_ < 0) throw system_failure("test", "fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  body();
  ::_exit(0);
}

LiveChild::LiveChild() : LiveChild(wait_for_signals) {}

LiveChild::~LiveChild() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Process LiveChild::process() const {
  return {"/proc", static_cast<std::uint64_t>(pid_)};
}

Bytes LiveChild::read(const AddressRange& range) const {
  Bytes bytes(range.end - range.start);
  ProcessMemory(process()).read(range.start, bytes);
  return bytes;
}

void LiveChild::write(std::uint64_t address, ByteView bytes) const {
  ProcessMemory(process()).write(address, bytes);
}

void LiveChild::signal(int number) const {
  if (::kill(pid_, number) != 0) throw system_failure("test", "send a signal");
}

void LiveChild::signal_until(int number, char state) const {
  signal(number);
  const Process self = process();
  const bool there = eventually([&] {
    const auto threads = self.threads();
    return std::all_of(threads.begin(), threads.end(), [&](pid_t tid) {
      const auto thread = self.thread(tid);
      return thread && thread->state == state;
    });
  });
  if (!there) throw std::runtime_error("the child does not get into the state");
}

bool eventually(const std::function<bool()>& condition) {
  for (int n = 0; n < 10000; ++n) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

Bytes image_of(const Process& process, const AddressRange& range, const StateOf& state_of) {
  const ProcessMemory memory(process);
  ImageContents contents;
  contents.info = {.pid = static_cast<std::uint32_t>(process.pid()),
                   .id = {1},
                   .start = range.start,
                   .end = range.end,
                   .start_time_ns = process.stat()->start_time * 10'000'000,
                   .time_ns = 1'700'000'000'000'000'000};
  Bytes data;
  Bytes page(kPageSize);
  for (const LiveMapping& live : process.live_mappings()) {
    if (live.end <= range.start || live.start >= range.end) continue;
    contents.mappings.push_back(recorded(live, range));
    const Mapping& mapping = contents.mappings.back();
    for (std::uint64_t at = mapping.start; at < mapping.end; at += kPageSize) {
      PageState state = state_of ? state_of(at) : PageState::absent;
      if (state == PageState::absent) {
        memory.read(at, page);
        state = state_of_bytes(page);
      }
      if (state == PageState::data) append_bytes(data, page);
      contents.runs.push_back(
          {.start = at,
           .end = at + kPageSize,
           .state = state,
           .reason = state == PageState::skipped ? SkipReason{PROC_CHECKPOINT_SKIP_DEVICE} : 0,
           .mapping = contents.mappings.size() - 1});
    }
  }
  MemorySink sink;
  ImageWriter writer(sink, contents);
  writer.write_data(data);
  writer.finish();
  return sink.bytes();
}

}  // namespace checkpoint
