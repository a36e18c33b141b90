// SPDX-License-Identifier: GPL-2.0-or-later
// A FUSE file system that the test serves itself: reads of its file last as long
// as the test wants them to.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

class Fuse {
 public:
  /// Mounts it on a new @directory, with one file of @bytes bytes; new files
  /// can be made beside it.  A thread of this process serves it.
  Fuse(std::string directory, std::size_t bytes);
  Fuse(const Fuse&) = delete;
  Fuse& operator=(const Fuse&) = delete;
  ~Fuse();

  [[nodiscard]] std::string file() const { return directory_ + "/file"; }
  /// What file() holds.
  [[nodiscard]] const std::vector<char>& contents() const { return nodes_.front().bytes; }

  /// From now on whoever reads file() waits, past SIGKILL even.
  void hold_reads();
  /// Returns once somebody does.
  void wait_for_reader();
  /// Answers them all.
  void release_reads();

 private:
  struct Node {
    std::string name;
    std::vector<char> bytes;
  };
  struct Request {
    std::uint64_t unique = 0, node = 0, offset = 0;
    std::uint32_t size = 0;
  };

  void serve();
  void handle(const std::vector<char>& request);
  void reply(std::uint64_t unique, int error, const void* bytes, std::size_t size) const;
  void reply_read(const Request& request) const;
  void reply_entry(std::uint64_t unique, std::size_t index, bool opened) const;

  std::string directory_;
  int fd_ = -1;
  std::vector<Node> nodes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_ = false;
  std::vector<Request> held_;
  std::thread server_;
};

}  // namespace test
