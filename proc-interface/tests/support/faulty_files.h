// SPDX-License-Identifier: GPL-2.0-or-later
// A file system that a thread of the test serves, with errors to order.
#pragma once

#include <linux/fuse.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// One flat directory.  Skips the case on a kernel without FUSE.
class FuseFileSystem {
 public:
  /// Creates the directory and mounts it.
  explicit FuseFileSystem(std::string directory);
  FuseFileSystem(const FuseFileSystem&) = delete;
  FuseFileSystem& operator=(const FuseFileSystem&) = delete;
  ~FuseFileSystem();

  /// A file that is there from the beginning.
  void add(const std::string& name, const std::string& contents);
  /// The @nth request of a kind (FUSE_WRITE, ...) from now on fails, once.
  void fail(std::uint32_t opcode, int nth, int error);
  /// Requests of a kind get no answer until release().
  void hold(std::uint32_t opcode);
  void release();
  /// Whether one waits for its answer.
  [[nodiscard]] bool holding() const { return held_.load() > 0; }
  /// How many requests of a kind came since the last fail().
  [[nodiscard]] int requests() const { return requests_.load(); }
  [[nodiscard]] std::vector<std::string> names();

 private:
  struct File {
    std::uint64_t node;
    std::string contents;
  };

  void serve();
  void answer(const std::vector<char>& request);
  void reply(std::uint64_t unique, int error, const void* data = nullptr,
             std::size_t bytes = 0) const;
  int handle(const fuse_in_header& header, const char* body, std::vector<char>& out);
  File* file_of(std::uint64_t node);
  [[nodiscard]] static fuse_attr attributes(std::uint64_t node, const File* file);
  [[nodiscard]] static fuse_entry_out entry(const File& file);

  std::string directory_;
  int device_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<int> held_{0}, requests_{0};
  std::mutex mutex_;  // all below
  std::map<std::string, File> files_;
  std::uint64_t next_node_ = FUSE_ROOT_ID + 1;
  std::uint32_t failing_ = 0, holding_ = 0;
  int failing_nth_ = 0, failing_error_ = 0;
  std::vector<std::vector<char>> waiting_;
  std::thread thread_;
};

}  // namespace test
