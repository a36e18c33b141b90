// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuse.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "memory.h"
#include "process.h"
#include "test.h"

namespace test {
namespace {

constexpr std::size_t largest_write = 128 << 10;
constexpr std::uint64_t first_node = FUSE_ROOT_ID + 1;

template <typename Body>
Body body_of(const std::vector<char>& request) {
  Body body{};
  std::memcpy(&body, request.data() + sizeof(fuse_in_header),
              std::min(sizeof body, request.size() - sizeof(fuse_in_header)));
  return body;
}

/// The name at the end of a request, behind @body bytes.
std::string name_in(const std::vector<char>& request, std::size_t body) {
  return request.data() + sizeof(fuse_in_header) + body;
}

fuse_attr attributes(std::uint64_t node, std::size_t size) {
  fuse_attr attr{};
  attr.ino = node;
  attr.size = size;
  attr.blocks = (size + 511) / 512;
  attr.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755u : S_IFREG | 0644u;
  attr.nlink = 1;
  attr.blksize = page_size;
  return attr;
}

}  // namespace

Fuse::Fuse(std::string directory, std::size_t bytes) : directory_(std::move(directory)) {
  nodes_.push_back({.name = "file", .bytes = std::vector<char>(bytes)});
  for (std::size_t at = 0; at + page_size <= bytes; at += page_size)
    fill_page(&nodes_[0].bytes[at], at + 77);
  fd_ = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fd_ < 0) SKIP(std::string("no FUSE: ") + std::strerror(errno));
  mkdir(directory_.c_str(), 0755);
  const std::string options =
      "fd=" + std::to_string(fd_) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  REQUIRE(mount("test", directory_.c_str(), "fuse", 0, options.c_str()) == 0, std::strerror(errno));
  server_ = std::thread([this] { serve(); });
}

Fuse::~Fuse() {
  release_reads();
  // The force ends the server's read, whatever is still open.
  umount2(directory_.c_str(), MNT_FORCE);
  umount2(directory_.c_str(), MNT_DETACH);
  server_.join();
  close(fd_);
  rmdir(directory_.c_str());
}

void Fuse::hold_reads() {
  std::lock_guard guard(mutex_);
  hold_ = true;
}

void Fuse::wait_for_reader() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !held_.empty(); });
}

void Fuse::release_reads() {
  std::lock_guard guard(mutex_);
  hold_ = false;
  for (const Request& request : std::exchange(held_, {})) reply_read(request);
}

void Fuse::serve() {
  std::vector<char> request(largest_write + page_size);
  for (;;) {
    ssize_t got = read(fd_, request.data(), request.size());
    if (got < 0 && errno == ENODEV) return;  // unmounted
    if (got < static_cast<ssize_t>(sizeof(fuse_in_header))) continue;
    request.resize(static_cast<std::size_t>(got));
    handle(request);
    request.resize(largest_write + page_size);
  }
}

void Fuse::handle(const std::vector<char>& request) {
  fuse_in_header header;
  std::memcpy(&header, request.data(), sizeof header);
  const std::uint64_t unique = header.unique;
  const std::size_t index = header.nodeid - first_node;

  switch (header.opcode) {
    case FUSE_INIT: {
      const auto in = body_of<fuse_init_in>(request);
      fuse_init_out out{};
      out.major = FUSE_KERNEL_VERSION;
      out.minor = std::min<std::uint32_t>(in.minor, FUSE_KERNEL_MINOR_VERSION);
      out.max_readahead = in.max_readahead;
      out.max_write = largest_write;
      return reply(unique, 0, &out, sizeof out);
    }
    case FUSE_LOOKUP: {
      const std::string name = name_in(request, 0);
      for (std::size_t i = 0; i < nodes_.size(); i++)
        if (nodes_[i].name == name) return reply_entry(unique, i, false);
      return reply(unique, ENOENT, nullptr, 0);
    }
    case FUSE_CREATE:
      nodes_.push_back({.name = name_in(request, sizeof(fuse_create_in)), .bytes = {}});
      return reply_entry(unique, nodes_.size() - 1, true);
    case FUSE_GETATTR:
    case FUSE_SETATTR: {
      fuse_attr_out out{};
      const bool root = header.nodeid == FUSE_ROOT_ID;
      out.attr = attributes(header.nodeid, root ? 0 : nodes_[index].bytes.size());
      return reply(unique, 0, &out, sizeof out);
    }
    case FUSE_OPEN: {
      fuse_open_out out{};
      out.open_flags = (body_of<fuse_open_in>(request).flags & O_DIRECT) != 0 ? FOPEN_DIRECT_IO : 0;
      return reply(unique, 0, &out, sizeof out);
    }
    case FUSE_READ: {
      const auto in = body_of<fuse_read_in>(request);
      const Request read{unique, index, in.offset, in.size};
      std::lock_guard guard(mutex_);
      if (!hold_ || index != 0) return reply_read(read);
      held_.push_back(read);
      changed_.notify_all();
      return;
    }
    case FUSE_WRITE: {
      const auto in = body_of<fuse_write_in>(request);
      std::vector<char>& bytes = nodes_[index].bytes;
      if (bytes.size() < in.offset + in.size) bytes.resize(in.offset + in.size);
      std::memcpy(&bytes[in.offset], &request[sizeof header + sizeof in], in.size);
      fuse_write_out out{.size = in.size, .padding = 0};
      return reply(unique, 0, &out, sizeof out);
    }
    case FUSE_RELEASE:
    case FUSE_DESTROY:
      return reply(unique, 0, nullptr, 0);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return;  // no reply to these
    default:
      return reply(unique, ENOSYS, nullptr, 0);
  }
}

void Fuse::reply(std::uint64_t unique, int error, const void* bytes, std::size_t size) const {
  fuse_out_header header{
      .len = static_cast<std::uint32_t>(sizeof header + size), .error = -error, .unique = unique};
  const iovec parts[] = {{&header, sizeof header}, {const_cast<void*>(bytes), size}};
  // Nobody may wait for it any more.
  (void)!writev(fd_, parts, size != 0 ? 2 : 1);
}

void Fuse::reply_read(const Request& request) const {
  const std::vector<char>& bytes = nodes_[request.node].bytes;
  const std::size_t from = std::min<std::size_t>(request.offset, bytes.size());
  reply(request.unique, 0, bytes.data() + from,
        std::min<std::size_t>(request.size, bytes.size() - from));
}

void Fuse::reply_entry(std::uint64_t unique, std::size_t index, bool opened) const {
  struct {
    fuse_entry_out entry;
    fuse_open_out open;
  } out{};
  out.entry.nodeid = index + first_node;
  out.entry.attr = attributes(out.entry.nodeid, nodes_[index].bytes.size());
  reply(unique, 0, &out, opened ? sizeof out : sizeof out.entry);
}

}  // namespace test
