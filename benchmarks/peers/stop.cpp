// SPDX-License-Identifier: GPL-2.0-or-later
// SIGSTOP, find the pages, process_vm_readv() and write() each run of them,
// SIGCONT: what can be done from outside without help of the kernel but
// soft-dirty bits.  There are two ways to find them.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "checkpoint/error.h"
#include "support/new_file.h"
#include "support/page_scan.h"
#include "support/peer.h"
#include "support/stopwatch.h"

namespace bench {
namespace {

using checkpoint::system_failure;
using Find = void (*)(int fd, Scan what, std::uint64_t start, std::uint64_t end, const EachRun&);

class Stop : public Peer {
 public:
  Stop(std::string name, Find find)
      : Peer({.name = std::move(name), .stops = true, .tracks = true}), find_(find) {}

  Saved full(Target& target, const std::string& path) override {
    return save(target, Scan::present, path);
  }

  void baseline(Target& target, const std::string& path) override {
    static_cast<void>(path);
    clear(target);
  }

  Saved inc(Target& target, const std::string& path) override {
    return save(target, Scan::soft_dirty, path);
  }

 private:
  static void clear(const Target& target) {
    const std::string path = "/proc/" + std::to_string(target.pid()) + "/clear_refs";
    const checkpoint::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || write(fd.get(), "4", 1) != 1) throw system_failure(path, "write");
  }

  void copy(const Target& target, NewFile& file, std::uint64_t start, std::uint64_t end) {
    for (; start < end; start += kPiece) {
      const std::size_t size = std::min<std::size_t>(kPiece, end - start);
      const iovec here{buffer_.data(), size};
      const iovec there{reinterpret_cast<void*>(start), size};
      if (process_vm_readv(target.pid(), &here, 1, &there, 1, 0) != static_cast<ssize_t>(size))
        throw system_failure("target", "read its memory");
      file.write(buffer_.data(), size);
    }
  }

  struct Stopped {
    explicit Stopped(const Target& stopped) : target(stopped) { target.stop(); }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    ~Stopped() { target.resume(); }
    const Target& target;
  };

  Saved save(Target& target, Scan what, const std::string& path) {
    const auto pagemap = target.process().open_pagemap();
    Saved saved;
    const Stopwatch total;
    NewFile file(path);
    const Stopwatch stopped;
    {
      const Stopped stands_still(target);
      find_(pagemap.get(), what, target.start(), target.end(),
            [&](std::uint64_t start, std::uint64_t end) { copy(target, file, start, end); });
      if (what == Scan::soft_dirty) clear(target);
    }
    saved.stall_ns = stopped.nanoseconds();
    file.sync();
    saved.total_ns = total.nanoseconds();
    saved.bytes = file.written();
    return saved;
  }

  Find find_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kPiece);
};

}  // namespace

std::unique_ptr<Peer> make_stop_soft_dirty() {
  return std::make_unique<Stop>("stop, pagemap", read_pages);
}

std::unique_ptr<Peer> make_stop_page_scan() {
  return std::make_unique<Stop>("stop, PAGEMAP_SCAN", scan_pages);
}

}  // namespace bench
