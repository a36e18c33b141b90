// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdio>  // rename
#include <cstdlib>
#include <optional>
#include <utility>

#include "checkpoint/rename_new.h"

namespace checkpoint {
namespace {

std::atomic<const char*> temporary_now = nullptr;
static_assert(std::atomic<const char*>::is_always_lock_free);

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error exists(const std::string& path) {
  return Error(Error::Kind::failed, path, "already exists").hint("--force replaces it");
}

/// What will be replaced, if anything.
std::optional<struct stat> check_target(const std::string& path, OutputFile::IfExists if_exists) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw system_failure(path, "create");
  }
  if (!S_ISREG(status.st_mode))
    throw Error(Error::Kind::failed, path, "exists and is no regular file")
        .hint("name a new file; 'cpctl cat' writes to standard output");
  if (if_exists == OutputFile::IfExists::refuse) throw exists(path);
  return status;
}

/// Gives @fd the owner and the rights that @old has: who could read that is to read this, and
/// nobody else.
void make_alike(int fd, const struct stat& old, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_failure(path, "create");
  if (status.st_uid != old.st_uid && ::fchown(fd, old.st_uid, old.st_gid) != 0)
    throw system_failure(path, "make a file of the same owner in its place")
        .hint("only root can, or its owner");
  // Where the group cannot be had, it gets no rights.
  const bool same_group = status.st_uid != old.st_uid || status.st_gid == old.st_gid ||
                          ::fchown(fd, static_cast<uid_t>(-1), old.st_gid) == 0;
  if (::fchmod(fd, old.st_mode & (same_group ? 0777U : 0700U)) != 0)
    throw system_failure(path, "create");
}

}  // namespace

OutputFile::OutputFile(std::string path, IfExists if_exists)
    : path_(std::move(path)), temporary_(path_ + ".tmpXXXXXX"), if_exists_(if_exists) {
  if (path_ == "-")
    throw usage_error("the file to make needs a name")
        .found("-")
        .hint("'cpctl cat' writes to standard output; a file of that name is ./-");
  const auto old = check_target(path_, if_exists_);
  fd_.reset(::mkostemp(temporary_.data(), O_CLOEXEC));
  if (!fd_) throw system_failure(path_, "create");
  temporary_now = temporary_.c_str();
  try {
    if (old) make_alike(fd_.get(), *old, path_);
  } catch (...) {
    remove_temporary_file();
    temporary_now = nullptr;
    throw;
  }
}

OutputFile::~OutputFile() {
  temporary_now = nullptr;
  if (fd_) ::unlink(temporary_.c_str());
}

void OutputFile::write(ByteView bytes) {
  FdSink(fd_.get(), path_).write(bytes);
  if (!bytes.empty()) hole_at_end_ = false;
}

void OutputFile::write_zeros(std::uint64_t count) {
  if (count > static_cast<std::uint64_t>(INT64_MAX) ||
      ::lseek(fd_.get(), static_cast<off_t>(count), SEEK_CUR) < 0)
    throw system_failure(path_, "write", EFBIG);
  hole_at_end_ = true;
}

void OutputFile::flush() {
  if (hole_at_end_ && ::ftruncate(fd_.get(), ::lseek(fd_.get(), 0, SEEK_CUR)) != 0)
    throw system_failure(path_, "write");
  if (::fsync(fd_.get()) != 0) throw system_failure(path_, "write");
}

void OutputFile::commit() {
  flush();
  int error = 0;
  if (if_exists_ == IfExists::refuse)
    error = rename_new(temporary_, path_);
  else if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    error = errno;
  if (error == EEXIST) throw exists(path_);
  if (error != 0) throw system_failure(path_, "rename the finished file", error);
  fd_.reset();
  const UniqueFd directory(::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0)
    throw system_failure(path_, "sync its directory");
}

bool is_temporary_name(std::string_view name) {
  constexpr std::string_view mark = ".tmp";
  constexpr std::size_t tail = 6;
  if (name.size() <= mark.size() + tail) return false;
  const std::string_view end = name.substr(name.size() - tail);
  return name.substr(0, name.size() - tail).ends_with(mark) &&
         std::all_of(end.begin(), end.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

void remove_temporary_file() noexcept {
  if (const char* path = temporary_now) ::unlink(path);
}

}  // namespace checkpoint
