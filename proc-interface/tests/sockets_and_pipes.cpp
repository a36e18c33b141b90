// SPDX-License-Identifier: GPL-2.0-or-later
// What system calls put into memory from sockets and pipes, and memory whose
// pages a pipe holds.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "support/change.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/test.h"

using namespace test;

namespace {

/// Two descriptors: what is written to the second comes out of the first.
class Pair {
 public:
  static Pair pipe() {
    Pair pair;
    REQUIRE_CALL(pipe2(pair.ends_.data(), O_CLOEXEC));
    return pair;
  }
  static Pair sockets(int type) {
    Pair pair;
    REQUIRE_CALL(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair.ends_.data()));
    return pair;
  }
  Pair(Pair&& other) noexcept : ends_(std::exchange(other.ends_, {-1, -1})) {}
  Pair& operator=(Pair&&) = delete;
  ~Pair() {
    for (int fd : ends_)
      if (fd >= 0) close(fd);
  }
  [[nodiscard]] int out() const { return ends_[0]; }
  [[nodiscard]] int in() const { return ends_[1]; }

 private:
  Pair() = default;
  std::array<int, 2> ends_{-1, -1};
};

const std::string message = "a message that goes across the border of two pages";
const auto message_size = static_cast<ssize_t>(message.size());

void send_message(const Pair& pair) {
  REQUIRE_EQ(write(pair.in(), message.data(), message.size()), message_size);
}

}  // namespace

TEST_CASE(recv_across_two_pages) {
  Area area(8);
  fill(area, 1);
  Pair pair = Pair::sockets(SOCK_STREAM);
  const std::string pages = chain_after(area.range(), [&] {
    send_message(pair);
    REQUIRE_EQ(recv(pair.out(), area.page(4) - 10, message.size(), 0), message_size);
  });
  EXPECT_EQ(pages, "...DD...");
}

TEST_CASE(recvmsg_into_scattered_pieces) {
  Area area(8);
  fill(area, 2);
  Pair pair = Pair::sockets(SOCK_DGRAM);
  const std::string pages = chain_after(area.range(), [&] {
    send_message(pair);
    iovec pieces[] = {{area.page(1), 7}, {area.page(6) + 100, 100}};
    msghdr header{};
    header.msg_iov = pieces;
    header.msg_iovlen = std::size(pieces);
    REQUIRE_EQ(recvmsg(pair.out(), &header, 0), message_size);
  });
  EXPECT_EQ(pages, ".D....D.");
}

TEST_CASE(vmsplice_out_of_a_pipe) {
  Area area(8);
  fill(area, 3);
  Pair pair = Pair::pipe();
  const std::string pages = chain_after(area.range(), [&] {
    send_message(pair);
    iovec piece{area.page(2), message.size()};
    REQUIRE_EQ(vmsplice(pair.out(), &piece, 1, 0), message_size);
  });
  EXPECT_EQ(pages, "..D.....");
}

// The pipe holds references to the pages, not copies: the kernel can't tell them
// from pages that a device writes to.
TEST_CASE(vmsplice_into_a_pipe_that_keeps_the_pages) {
  Area area(8);
  fill(area, 4);
  Pair pair = Pair::pipe();
  iovec piece{area.page(2), 2 * page_size};
  REQUIRE_EQ(vmsplice(pair.in(), &piece, 1, 0), static_cast<ssize_t>(2 * page_size));
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "kept"), 0);
  touch(area.page(6));
  REQUIRE_EQ(self.inc(area.range(), "kept1"), 0);
  EXPECT_EQ(picture("kept1", area.range()), "..DD..D.");
  touch(area.page(3));
  std::vector<unsigned char> drained(2 * page_size);
  REQUIRE_EQ(read(pair.out(), drained.data(), drained.size()),
             static_cast<ssize_t>(drained.size()));
  EXPECT(std::memcmp(drained.data(), area.page(2), drained.size()) == 0,
         "a page was given away that somebody holds");
  REQUIRE_EQ(self.inc(area.range(), "kept2"), 0);
  EXPECT_EQ(picture("kept2", area.range()), "..DD....");
  REQUIRE_EQ(self.inc(area.range(), "kept3"), 0);
  EXPECT_EQ(picture("kept3", area.range()), "........");
  expect_chain_equals_memory({"kept", "kept1", "kept2", "kept3"}, area.range());
}

TEST_CASE(splice_into_a_file_that_is_mapped) {
  int memory = memfd_create("spliced", MFD_CLOEXEC);
  REQUIRE_CALL(memory);
  REQUIRE_CALL(ftruncate(memory, 8 * page_size));
  Area area(8, PROT_READ | PROT_WRITE, MAP_SHARED, memory);
  fill(area, 5);
  Pair pair = Pair::pipe();
  incs_after(area.range(), [&] {
    send_message(pair);
    loff_t at = 5 * page_size - 10;
    REQUIRE_EQ(splice(pair.out(), nullptr, memory, &at, message.size(), 0), message_size);
    EXPECT(std::memcmp(area.page(5) - 10, message.data(), message.size()) == 0);
  });
  close(memory);
}
