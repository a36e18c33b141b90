// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/fake_proc.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>
#include <vector>

#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kSoftDirty = std::uint64_t{1} << 55;

constexpr std::string_view kMaps =
    "00001000-00003000 r-xp 00000000 08:01 4711                               /usr/bin/sample\n"
    "00003000-00004000 rw-p 00002000 08:01 4711                               /usr/bin/sample\n"
    "00005000-00009000 rw-p 00000000 00:00 0                                  [heap]\n"
    "0000a000-0000b000 rw-p 00000000 00:00 0 \n"
    "0000c000-0000d000 rw-s 00000000 00:01 12                                 /memfd:x (deleted)\n"
    "0000e000-0000f000 rw-s 00000000 00:01 12                                 /memfd:x (deleted)\n"
    "00010000-00012000 rw-p 00000000 00:00 0                                  [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

std::string pagemap() {
  std::vector<std::uint64_t> pages(0x12);
  pages[1] = pages[2] = kPresent;
  pages[3] = kPresent | kSoftDirty;
  pages[5] = kPresent;
  pages[6] = kSwapped | kSoftDirty;
  pages[7] = kPresent | kSoftDirty;
  pages[8] = kSoftDirty;
  return to_text(std::as_bytes(std::span(pages)));
}

}  // namespace

std::string fake_status() {
  return "version: 1\n"
         "state: idle\n"
         "bytes_done: 20480\n"
         "bytes_total: 20480\n"
         "range: 0x5000 0x8fff 000102030405060708090a0b0c0d0e0f 3\n"
         "range: 0x10000 0x11fff ffffffffffffffffffffffffffffffff 0\n"
         "last.kind: inc\n"
         "last.status: 0\n"
         "last.start: 0x5000\n"
         "last.end: 0x8fff\n"
         "last.id: 000102030405060708090a0b0c0d0e0f\n"
         "last.parent: 101112131415161718191a1b1c1d1e1f\n"
         "last.seq: 3\n"
         "last.pages_scanned: 4\n"
         "last.pages_saved: 2\n"
         "last.pages_zero: 1\n"
         "last.pages_copied: 0\n"
         "last.pages_skipped: 0\n"
         "last.bytes: 20480\n"
         "last.stall_ns: 12345\n"
         "last.total_ns: 6789012\n";
}

FakeProc::FakeProc() {
  make_directories(dir_ / std::to_string(kFakePid));
  write_file(file("maps"), kMaps);
  write_file(file("pagemap"), pagemap());
  set_stat(kFakeStart);
}

FakeProc::~FakeProc() {
  stop();
  if (kernel_.joinable()) kernel_.detach();
}

std::string FakeProc::file(std::string_view name) const {
  return dir_ / str(kFakePid, '/', name);
}

void FakeProc::fail_writes() {
  if (::symlink("/dev/full", file("checkpoint").c_str()) != 0)
    throw system_failure(file("checkpoint"), "make");
}

void FakeProc::serve(const std::string& status) {
  const std::string path = file("checkpoint");
  if (::mkfifo(path.c_str(), 0600) != 0) throw system_failure(path, "make");
  kernel_ = std::thread([this, path, status] {
    command_ = read_file(path);
    write_file(path, status);
  });
}

void FakeProc::serve_all(std::function<std::string(const std::string& command)> kernel) {
  // Outside of the process's directory, so that this may go.
  const std::string path = fifo_ / "fifo";
  if (::mkfifo(path.c_str(), 0600) != 0 || ::link(path.c_str(), file("checkpoint").c_str()) != 0)
    throw system_failure(path, "make");
  answer_ = std::move(kernel);
  stopped_ = false;
  kernel_ = std::thread([this] { serve_until_stopped(); });
}

/// The process has ended: somebody may have opened its file before, or nobody.
void FakeProc::answer_the_last(const std::string& path, const std::string& status) const {
  while (!stopping_) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd && ::write(fd.get(), status.data(), status.size()) > 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void FakeProc::serve_until_stopped() {
  const std::string path = fifo_ / "fifo";
  while (!stopping_) {
    const std::string command = read_file(path);
    if (command.empty()) continue;  // opened, and then nothing was written
    const std::string status = answer_(command);
    if (status.empty()) continue;  // nobody will ask for it
    if (::access(file("checkpoint").c_str(), F_OK) == 0)
      write_file(path, status);
    else
      answer_the_last(path, status);
  }
  stopped_ = true;
}

void FakeProc::stop() {
  stopping_ = true;
  if (stopped_) return;
  while (!stopped_) {
    // Both ends, so that the other thread waits for none.
    const UniqueFd fd(::open((fifo_ / "fifo").c_str(), O_RDWR | O_CLOEXEC));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kernel_.join();
}

void FakeProc::begin_failing() {
  const std::string other = fifo_ / "full";
  if (::symlink("/dev/full", other.c_str()) != 0 ||
      ::rename(other.c_str(), file("checkpoint").c_str()) != 0)
    throw system_failure(other, "make");
}

void FakeProc::end_failing() {
  const std::string other = fifo_ / "again";
  if (::link((fifo_ / "fifo").c_str(), other.c_str()) != 0 ||
      ::rename(other.c_str(), file("checkpoint").c_str()) != 0)
    throw system_failure(other, "make");
}

void FakeProc::set_stat(std::uint64_t start, char state) {
  const std::string other = fifo_ / "stat";
  write_file(other, str(kFakePid, " (sample) ", state,
                        " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 ", start, " 20\n"));
  if (::rename(other.c_str(), file("stat").c_str()) != 0) throw system_failure(other, "rename");
}

void FakeProc::end() {
  const std::string gone = fifo_ / "gone";
  if (::rename(file("").c_str(), gone.c_str()) != 0) throw system_failure(gone, "rename");
}

std::string FakeProc::served() {
  kernel_.join();
  return command_;
}

}  // namespace checkpoint
