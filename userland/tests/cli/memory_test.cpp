// SPDX-License-Identifier: GPL-2.0-or-later
// However large an image is, its pages are not taken into memory.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "checkpoint/test_support/live_child.h"
#include "checkpoint/unique_fd.h"
#include "cli.h"
#include "large_image.h"
#include "running.h"

namespace cpctl {
namespace {

using checkpoint::ImageBuilder;
using checkpoint::Info;
using checkpoint::kPageSize;
using checkpoint::str;
using checkpoint::UniqueFd;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

/// AddressSanitizer's shadow lies below this, and nothing else does.  It is no memory
/// of cpctl's, and where the kernel has no zero page to map, what is only read of it
/// takes memory: an eighth of each mapped file.
constexpr std::uint64_t kEndOfShadow = 0x1000'7fff'8000;

/// Memory of the process itself, in bytes: not that of mapped files.  0: it is about
/// to end.
std::uint64_t own_memory(pid_t pid) {
  std::ifstream maps(str("/proc/", pid, "/smaps"));
  const std::string key = "Anonymous:";
  std::uint64_t start = 0, kib = 0;
  for (std::string line; std::getline(maps, line);) {
    const std::size_t dash = line.find('-');
    if (dash < line.find(' '))
      start = std::strtoull(line.c_str(), nullptr, 16);
    else if (line.starts_with(key) && start >= kEndOfShadow)
      kib += std::strtoull(line.c_str() + key.size(), nullptr, 10);
  }
  return kib * 1024;
}

/// What a process executes: its parent's program at first.
std::string program_of(pid_t pid) {
  char path[4096];
  const ssize_t size = ::readlink(str("/proc/", pid, "/exe").c_str(), path, sizeof path);
  return {path, size < 0 ? 0 : static_cast<std::size_t>(size)};
}

class Memory : public Cli {
 protected:
  static constexpr std::uint64_t kPages = 64 * kMiB / kPageSize;
  /// Half of the pages are more; the sanitizer takes some, too.
  static constexpr std::uint64_t kMost = 32 * kMiB;

  Memory() {
    Info info = ImageBuilder(kStart, kEnd).info();
    write_large(path("full"), info, kPages);
    write_large(path("inc"), ImageBuilder::inc_on(info).info(), kPages);
    info.id[3] = 1;
    write_large(path("other"), info, kPages);
  }

  /// The most memory that cpctl had with these words, which must succeed.
  [[nodiscard]] std::uint64_t most_of(const std::vector<std::string>& words,
                                      int in = STDIN_FILENO) const {
    std::uint64_t most = 0;
    Running running(words, null_.get(), STDERR_FILENO, in);
    const std::string own = program_of(::getpid());
    while (!running.ended()) {
      // (Until then, all that this program has is counted as its own, too.)
      if (program_of(running.pid()) != own) most = std::max(most, own_memory(running.pid()));
      ::usleep(500);
    }
    EXPECT_GT(most, 0U);
    EXPECT_EQ(running.wait(), 0);
    return most;
  }

  /// The same with @file in a pipe on standard input, and no room for it.
  [[nodiscard]] std::uint64_t most_of_a_pipe(const std::vector<std::string>& words,
                                             const std::string& file) const {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw checkpoint::system_failure("a pipe", "create");
    UniqueFd out(ends[0]);
    std::thread writer([&file, in = ends[1]] {
      const UniqueFd source(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
      while (::sendfile(in, source.get(), nullptr, kMiB) > 0) continue;
      ::close(in);
    });
    ::setenv("TMPDIR", "/none", 1);
    const std::uint64_t most = most_of(words, out.get());
    ::unsetenv("TMPDIR");
    out.reset();  // it waits for no reader any more
    writer.join();
    return most;
  }

  static constexpr std::uint64_t kStart = 0x10000;
  static constexpr std::uint64_t kEnd = kStart + kPages * kPageSize;
  const UniqueFd null_{::open("/dev/null", O_RDWR | O_CLOEXEC)};
};

TEST_F(Memory, IsNotThatOfThePages) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string full = path("full");
  const std::string range = str(checkpoint::hex(kStart), '-', checkpoint::hex(kEnd));
  const std::vector<std::string> table[] = {
      {"info", full},
      {"verify", full, path("inc")},
      {"merge", "-o", path("merged"), full, path("inc")},
      {"cat", "--no-verify", "--range", range, full},
      {"extract", "--no-verify", "--range", range, "-o", path("raw"), full},
      {"core", "--no-verify", "-o", path("core"), full},
      {"diff", "--no-verify", full, path("other")},
      {"heatmap", "--no-verify", "--compare", full, path("inc")},
  };
  for (const std::vector<std::string>& words : table)
    EXPECT_LT(most_of(words), kMost) << words.front();
  checkpoint::make_directories(path("dir"));
  for (const char* name : {"full", "inc"})
    ASSERT_EQ(std::rename(path(name).c_str(), path(str("dir/", name)).c_str()), 0);
  EXPECT_LT(most_of({"list", path("dir")}), kMost);
  EXPECT_LT(most_of({"prune", "--keep-last", "1", path("dir")}), kMost);
  const std::string inc = path("dir/inc");  // which is a full one now
  EXPECT_LT(most_of_a_pipe({"verify", "-"}, inc), kMost);
  EXPECT_LT(most_of_a_pipe({"info", "-"}, inc), kMost);
}

// (what is measured is what is meant)
TEST(OwnMemory, IsSeenWhereItIsTaken) {
  const std::uint64_t before = own_memory(::getpid());
  const checkpoint::Area taken(16 * kMiB / kPageSize);
  std::fill(taken.bytes().begin(), taken.bytes().end(), std::byte{'x'});
  EXPECT_GE(own_memory(::getpid()), before + 15 * kMiB);
}

}  // namespace
}  // namespace cpctl
