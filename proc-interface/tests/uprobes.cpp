// SPDX-License-Identifier: GPL-2.0-or-later
// A uprobe puts a breakpoint into the text of a process, and takes it out again:
// a private copy of a page of a file that the process never wrote to.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr unsigned char nop = 0x90, breakpoint = 0xcc;
constexpr std::size_t probed = 3 * page_size + 64;
const std::string tracing = "/sys/kernel/tracing/";
const std::string event = "events/uprobes/proc_checkpoint/enable";

/// Appends: an open for writing that truncates removes the events of others.
int append(const std::string& path, const std::string& text) {
  int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

/// A file of code.
class Code {
 public:
  explicit Code(std::size_t pages = 8)
      : pages_(pages), fd_(open("code", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0700)) {
    REQUIRE_CALL(fd_);
    const std::vector<unsigned char> bytes(pages * page_size, nop);
    REQUIRE_EQ(write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() { close(fd_); }

  [[nodiscard]] Area map() const { return Area(pages_, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd_); }

 private:
  std::size_t pages_;
  int fd_;
};

class Probe {
 public:
  Probe() {
    if (!exists(tracing + "uprobe_events")) SKIP("no uprobes to be had by tracefs");
    char directory[4096];
    REQUIRE(getcwd(directory, sizeof directory) != nullptr);
    const int error =
        append(tracing + "uprobe_events", "p:uprobes/proc_checkpoint " + std::string(directory) +
                                              "/code:" + std::to_string(probed));
    REQUIRE_EQ(errno_text(error), "0");
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    enable(false);
    append(tracing + "uprobe_events", "-:uprobes/proc_checkpoint");
  }

  static void enable(bool on) { EXPECT_EQ(errno_text(put(tracing + event, on ? "1" : "0")), "0"); }
};

}  // namespace

TEST_CASE(set_between) {
  Code code;
  Probe probe;
  Area area = code.map();
  const std::string pages = chain_after(area.range(), [&] {
    Probe::enable(true);
    REQUIRE_EQ(area.data()[probed], breakpoint);
  });
  EXPECT_EQ(pages, "FFFDFFFF");
}

TEST_CASE(unset_between) {
  Code code;
  Probe probe;
  Area area = code.map();
  Probe::enable(true);
  REQUIRE_EQ(area.data()[probed], breakpoint);
  incs_after(area.range(), [&] {
    Probe::enable(false);
    REQUIRE_EQ(area.data()[probed], nop);
  });
}

TEST_CASE(set_and_unset_between) {
  Code code;
  Probe probe;
  Area area = code.map();
  incs_after(area.range(), [&] {
    Probe::enable(true);
    REQUIRE_EQ(area.data()[probed], breakpoint);
    Probe::enable(false);
    REQUIRE_EQ(area.data()[probed], nop);
  });
}

// The page is the process's own already, and clean.
TEST_CASE(set_in_a_page_that_was_modified_before) {
  Code code;
  Probe probe;
  Area area = code.map();
  REQUIRE_CALL(mprotect(area.page(3), page_size, PROT_READ | PROT_WRITE));
  touch(area.page(3));
  REQUIRE_CALL(mprotect(area.page(3), page_size, PROT_READ | PROT_EXEC));
  const std::string pages = chain_after(area.range(), [&] {
    Probe::enable(true);
    REQUIRE_EQ(area.data()[probed], breakpoint);
  });
  EXPECT_EQ(pages, "FFFDFFFF");
  const std::string again = chain_after(area.range(), [&] {
    Probe::enable(false);
    REQUIRE_EQ(area.data()[probed], nop);
  });
  EXPECT_EQ(again, "FFFDFFFF");
}

TEST_CASE(set_while_the_image_is_written) {
  Code code(64);
  Probe probe;
  Area area = code.map();
  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ | PROT_WRITE));
  touch(area);
  REQUIRE_CALL(mprotect(area.data(), area.bytes(), PROT_READ | PROT_EXEC));
  expect_unaffected_by(area.range(), [&] {
    Probe::enable(true);
    REQUIRE_EQ(area.data()[probed], breakpoint);
  });
}
