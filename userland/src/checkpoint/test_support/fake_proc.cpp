// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/fake_proc.h"

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

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
}

FakeProc::~FakeProc() {
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

std::string FakeProc::served() {
  kernel_.join();
  return command_;
}

}  // namespace checkpoint
