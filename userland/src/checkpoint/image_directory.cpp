// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_directory.h"

#include <boost/filesystem.hpp>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "checkpoint/image.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/output_file.h"
#include "checkpoint/text.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

namespace fs = boost::filesystem;

template <typename T>
bool read_at(int fd, std::uint64_t offset, T& value) {
  return offset <= INT64_MAX && ::pread(fd, &value, sizeof(value), static_cast<off_t>(offset)) ==
                                    static_cast<ssize_t>(sizeof(value));
}

/// A core file whose first note is an INFO of ours: an image, or what is left
/// of one.
bool looks_like_image(int fd) {
  Elf64_Ehdr header{};
  Elf64_Phdr segment{};
  if (!read_at(fd, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_type != ET_CORE || !read_at(fd, header.e_phoff, segment) ||
      segment.p_type != PT_NOTE)
    return false;
  struct {
    Elf64_Nhdr header;
    std::array<char, sizeof(PROC_CHECKPOINT_NOTE_NAME)> name;
  } note{};
  return read_at(fd, segment.p_offset, note) &&
         note.header.n_type == std::uint32_t{PROC_CHECKPOINT_NT_INFO} &&
         std::string_view(note.name.data(), note.name.size() - 1) == PROC_CHECKPOINT_NOTE_NAME;
}

Error unreadable(const std::string& directory, int error) {
  Error failure = system_failure(directory, "read the directory", error);
  if (error == ENOTDIR) failure.hint("'cpctl info' and 'cpctl verify' look into one image");
  return failure;
}

class Scan {
 public:
  Scan(const std::string& path, std::optional<std::uint64_t> pid) : pid_(pid) {
    found_.path = path;
  }

  ImageDirectory run() {
    boost::system::error_code error;
    fs::directory_iterator at(found_.path, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error))
      look_at(at->path().filename().string());
    if (error) throw unreadable(found_.path, error.value());
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(found_.images.begin(), found_.images.end(), by_name);
    std::sort(found_.bad.begin(), found_.bad.end(), by_name);
    return std::move(found_);
  }

 private:
  void look_at(const std::string& name) {
    const auto numbered = parse_numbered_name(name);
    if (is_temporary_name(name)) return;
    if (pid_ && (!numbered || numbered->pid != *pid_)) return;
    const std::string path = found_.path_of(name);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      ++found_.others;
      return;
    }
    // It may have become something else since.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!fd && errno == ENOENT) return;  // gone meanwhile
    if (!fd) {
      found_.bad.push_back({name, system_failure(path, "open")});
    } else if (numbered || looks_like_image(fd.get())) {
      take(name, path);
    } else {
      ++found_.others;
    }
  }

  void take(const std::string& name, const std::string& path) {
    try {
      const Image image = Image::open(path);
      found_.images.push_back({name, image.file_size(), image.info()});
    } catch (const Error& error) {
      if (error.system_errno() != ENOENT) found_.bad.push_back({name, error});
    }
  }

  std::optional<std::uint64_t> pid_;
  ImageDirectory found_;
};

}  // namespace

std::string ImageDirectory::path_of(const std::string& name) const {
  return str(path, path.ends_with('/') ? "" : "/", name);
}

ImageDirectory scan_directory(const std::string& path, std::optional<std::uint64_t> pid) {
  return Scan(path, pid).run();
}

}  // namespace checkpoint
