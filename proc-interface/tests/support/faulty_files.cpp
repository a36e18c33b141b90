// SPDX-License-Identifier: GPL-2.0-or-later
#include "faulty_files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "process.h"
#include "test.h"

namespace test {
namespace {

constexpr std::uint32_t max_write = 1 << 17;
constexpr int poll_ms = 20;

template <typename Body>
Body read_as(const char* bytes) {
  Body body;
  std::memcpy(&body, bytes, sizeof body);
  return body;
}

template <typename Body>
void append(std::vector<char>& out, const Body& body) {
  const char* bytes = reinterpret_cast<const char*>(&body);
  out.insert(out.end(), bytes, bytes + sizeof body);
}

}  // namespace

FuseFileSystem::FuseFileSystem(std::string directory) : directory_(std::move(directory)) {
  device_ = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device_ < 0) SKIP(std::string("/dev/fuse: ") + std::strerror(errno));
  mkdir(directory_.c_str(), 0700);
  const std::string options =
      "fd=" + std::to_string(device_) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  REQUIRE_CALL(mount("fuse", directory_.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()));
  thread_ = std::thread(&FuseFileSystem::serve, this);
}

FuseFileSystem::~FuseFileSystem() {
  release();
  // The server ends with the last user of the file system, or at once.
  umount2(directory_.c_str(), MNT_DETACH);
  stop_ = true;
  thread_.join();
  close(device_);
  rmdir(directory_.c_str());
}

void FuseFileSystem::add(const std::string& name, const std::string& contents) {
  std::lock_guard guard(mutex_);
  files_[name] = {next_node_++, contents};
}

void FuseFileSystem::fail(std::uint32_t opcode, int nth, int error) {
  std::lock_guard guard(mutex_);
  requests_ = 0;
  failing_ = opcode;
  failing_nth_ = nth;
  failing_error_ = error;
}

void FuseFileSystem::hold(std::uint32_t opcode) {
  std::lock_guard guard(mutex_);
  holding_ = opcode;
}

void FuseFileSystem::release() {
  std::vector<std::vector<char>> waiting;
  {
    std::lock_guard guard(mutex_);
    holding_ = 0;
    waiting.swap(waiting_);
    held_ = 0;
  }
  for (const std::vector<char>& request : waiting) answer(request);
}

std::vector<std::string> FuseFileSystem::names() {
  std::lock_guard guard(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

void FuseFileSystem::serve() {
  std::vector<char> buffer(max_write + 65536);
  pollfd wanted{.fd = device_, .events = POLLIN, .revents = 0};
  while (!stop_) {
    if (poll(&wanted, 1, poll_ms) != 1) continue;
    ssize_t got = read(device_, buffer.data(), buffer.size());
    if (got < 0 && errno == ENODEV) return;
    if (got > 0) answer({buffer.begin(), buffer.begin() + got});
  }
}

void FuseFileSystem::answer(const std::vector<char>& request) {
  const auto header = read_as<fuse_in_header>(request.data());
  int error = 0;
  std::vector<char> out;
  {
    std::lock_guard guard(mutex_);
    if (header.opcode == holding_) {
      waiting_.push_back(request);
      held_++;
      return;
    }
    if (header.opcode == failing_ && ++requests_ == failing_nth_)
      error = failing_error_;
    else
      error = handle(header, request.data() + sizeof header, out);
  }
  switch (header.opcode) {
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return;  // have no answer
    default:
      reply(header.unique, error, out.data(), error == 0 ? out.size() : 0);
  }
}

void FuseFileSystem::reply(std::uint64_t unique, int error, const void* data,
                           std::size_t bytes) const {
  const fuse_out_header header{.len = static_cast<std::uint32_t>(sizeof(fuse_out_header) + bytes),
                               .error = -error,
                               .unique = unique};
  const iovec parts[] = {{const_cast<fuse_out_header*>(&header), sizeof header},
                         {const_cast<void*>(data), bytes}};
  // Whoever asked may be gone.
  if (writev(device_, parts, bytes == 0 ? 1 : 2) < 0 && errno != ENOENT && errno != ENODEV)
    test::fail(__FILE__, __LINE__, std::string("answer: ") + std::strerror(errno));
}

FuseFileSystem::File* FuseFileSystem::file_of(std::uint64_t node) {
  for (auto& [name, file] : files_)
    if (file.node == node) return &file;
  return nullptr;
}

fuse_attr FuseFileSystem::attributes(std::uint64_t node, const File* file) {
  fuse_attr attr{};
  attr.ino = node;
  attr.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
  attr.nlink = file == nullptr && node != FUSE_ROOT_ID ? 0 : 1;
  attr.size = file == nullptr ? 0 : file->contents.size();
  attr.blksize = 4096;
  return attr;
}

fuse_entry_out FuseFileSystem::entry(const File& file) {
  fuse_entry_out out{};
  out.nodeid = file.node;
  out.attr = attributes(file.node, &file);
  return out;
}

/// Returns an errno.  Context: mutex_ held.
int FuseFileSystem::handle(const fuse_in_header& header, const char* body, std::vector<char>& out) {
  File* file = file_of(header.nodeid);
  switch (header.opcode) {
    case FUSE_INIT: {
      const auto in = read_as<fuse_init_in>(body);
      fuse_init_out init{};
      init.major = FUSE_KERNEL_VERSION;
      init.minor = std::min<std::uint32_t>(in.minor, FUSE_KERNEL_MINOR_VERSION);
      init.max_readahead = in.max_readahead;
      init.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES;
      init.max_write = max_write;
      append(out, init);
      return 0;
    }
    case FUSE_LOOKUP: {
      auto found = files_.find(body);
      if (found == files_.end()) return ENOENT;
      append(out, entry(found->second));
      return 0;
    }
    case FUSE_CREATE: {
      const char* name = body + sizeof(fuse_create_in);
      auto [found, fresh] = files_.try_emplace(name, File{next_node_, ""});
      if (!fresh) return EEXIST;
      next_node_++;
      append(out, entry(found->second));
      append(out, fuse_open_out{});
      return 0;
    }
    case FUSE_GETATTR:
    case FUSE_SETATTR: {
      if (header.opcode == FUSE_SETATTR && file != nullptr) {
        const auto in = read_as<fuse_setattr_in>(body);
        if ((in.valid & FATTR_SIZE) != 0) file->contents.resize(in.size);
      }
      fuse_attr_out attr{};
      attr.attr = attributes(header.nodeid, file);
      append(out, attr);
      return 0;
    }
    case FUSE_OPEN:
    case FUSE_OPENDIR:
      append(out, fuse_open_out{});
      return 0;
    case FUSE_READ: {
      const auto in = read_as<fuse_read_in>(body);
      if (file == nullptr) return ESTALE;
      const std::size_t size = file->contents.size();
      const std::size_t first = std::min<std::size_t>(in.offset, size);
      const std::size_t last = std::min<std::size_t>(in.offset + in.size, size);
      out.assign(file->contents.begin() + static_cast<std::ptrdiff_t>(first),
                 file->contents.begin() + static_cast<std::ptrdiff_t>(last));
      return 0;
    }
    case FUSE_WRITE: {
      const auto in = read_as<fuse_write_in>(body);
      if (file == nullptr) return ESTALE;
      if (file->contents.size() < in.offset + in.size) file->contents.resize(in.offset + in.size);
      std::memcpy(&file->contents[in.offset], body + sizeof in, in.size);
      fuse_write_out written{};
      written.size = in.size;
      append(out, written);
      return 0;
    }
    case FUSE_UNLINK:
      return files_.erase(body) == 1 ? 0 : ENOENT;
    case FUSE_FSYNC:
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_READDIR:
    case FUSE_DESTROY:
      return 0;
    case FUSE_STATFS:
      append(out, fuse_statfs_out{});
      return 0;
    default:
      return ENOSYS;
  }
}

}  // namespace test
