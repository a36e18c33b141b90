// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/mapped_source.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

namespace checkpoint {
namespace {

constexpr std::size_t kBufferSize = 65536;

Error changed(const Mapping& mapping, std::string_view what) {
  return Error(Error::Kind::failed, mapping.name,
               str("is not the file that the image refers to: another ", what))
      .hint("the image holds no copy of this file's pages; put back the file of that time");
}

void check_same(const Mapping& mapping, std::string_view what, std::uint64_t found,
                std::uint64_t expected) {
  if (found != expected) throw changed(mapping, what).found(str(found)).expected(str(expected));
}

/// Devices with major 0 (overlayfs, btrfs, NFS) get their minor number when
/// they are mounted, and stat() may show another than maps: it proves nothing.
void check_device(const Mapping& mapping, dev_t device) {
  if (mapping.dev_major == 0 && major(device) == 0) return;
  if (major(device) != mapping.dev_major || minor(device) != mapping.dev_minor)
    throw changed(mapping, "device")
        .found(str(major(device), ":", minor(device)))
        .expected(str(mapping.dev_major, ":", mapping.dev_minor));
}

/// Of a file of an overlayfs, kernels before 6.7 show in maps the device and inode
/// of the file below, and stat() never does: they prove nothing, either.
bool shows_another_inode(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && status.f_type == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace

void MappedSource::open(const Mapping& mapping) {
  if (current_ == mapping) return;
  current_.reset();
  if (mapping.has(PROC_CHECKPOINT_MAP_UNLINKED))
    throw Error(Error::Kind::failed, mapping.name,
                "the image refers to this file, which had no name any more");
  fd_.reset(::open(mapping.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd_)
    throw system_failure(mapping.name, "open")
        .hint("the image refers to this file for pages that the process had not modified");
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) throw system_failure(mapping.name, "stat");
  if (!S_ISREG(status.st_mode)) throw changed(mapping, "type");
  if (!shows_another_inode(fd_.get())) {
    check_device(mapping, status.st_dev);
    check_same(mapping, "inode", status.st_ino, mapping.inode);
  }
  check_same(mapping, "size", static_cast<std::uint64_t>(status.st_size), mapping.file_size);
  check_same(mapping, "modification time", static_cast<std::uint64_t>(status.st_mtim.tv_sec),
             mapping.mtime_sec);
  check_same(mapping, "modification time (nanoseconds)",
             static_cast<std::uint64_t>(status.st_mtim.tv_nsec), mapping.mtime_nsec);
  current_ = mapping;
}

bool MappedSource::is_lost(const Mapping& mapping, std::vector<std::string>* problems,
                           const char* hint) {
  try {
    check(mapping);
    return false;
  } catch (Error& error) {
    if (problems == nullptr) throw error.hint(hint);
    if (std::find(problems->begin(), problems->end(), error.what()) == problems->end())
      problems->emplace_back(error.what());
    return true;
  }
}

/// Bytes that were read: less than asked for at the end of the file only.
std::size_t MappedSource::read_some(const Mapping& mapping, std::uint64_t address,
                                    std::span<std::byte> bytes) {
  open(mapping);
  std::uint64_t offset = mapping.file_offset(address);
  std::size_t done = 0;
  while (done < bytes.size() && offset <= static_cast<std::uint64_t>(INT64_MAX)) {
    const ssize_t got =
        ::pread(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_failure(mapping.name, "read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return done;
}

void MappedSource::read(const Mapping& mapping, std::uint64_t address, std::span<std::byte> bytes) {
  const std::size_t got = read_some(mapping, address, bytes);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(got), bytes.end(), std::byte{0});
}

void MappedSource::copy(const Mapping& mapping, std::uint64_t address, std::uint64_t size,
                        Sink& sink) {
  Bytes buffer(kBufferSize);
  while (size > 0) {
    const std::uint64_t want = std::min<std::uint64_t>(size, buffer.size());
    const std::size_t got = read_some(mapping, address, std::span(buffer).first(want));
    sink.write(ByteView(buffer).first(got));
    if (got < want) return sink.write_zeros(size - got);
    address += got;
    size -= got;
  }
}

}  // namespace checkpoint
