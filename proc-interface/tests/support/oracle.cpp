// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <span>
#include <sstream>

#include "checkpoint/chain.h"
#include "maps.h"
#include "test.h"

namespace test {
namespace {

using checkpoint::PageState;
using checkpoint::ResolvedRun;

constexpr std::uint64_t chunk_bytes = 1 << 20;

/// /proc/<pid>/mem, which also reads what the process itself may not.
class Memory {
 public:
  explicit Memory(pid_t pid) {
    std::string directory = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid));
    mem_ = open((directory + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    pagemap_ = open((directory + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(mem_ >= 0 && pagemap_ >= 0, directory, std::strerror(errno));
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    close(mem_);
    close(pagemap_);
  }

  /// False when any byte can't be read.
  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      ssize_t got =
          pread(mem_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(address + done));
      if (got <= 0) return false;
      done += static_cast<std::size_t>(got);
    }
    return true;
  }

  /// Which pages of an anonymous range are there, in memory or in swap: the
  /// others are zeros.  Reading those could be slow, or wait for a userfaultfd.
  [[nodiscard]] std::vector<bool> there(const Range& range) const {
    std::vector<PageMapEntry> entries(range.pages());
    std::size_t bytes = entries.size() * sizeof entries[0];
    ssize_t got = pread(pagemap_, entries.data(), bytes,
                        static_cast<off_t>(range.start / page_size * sizeof entries[0]));
    REQUIRE_EQ(got, static_cast<ssize_t>(bytes), "of pagemap");
    std::vector<bool> pages;
    for (const PageMapEntry& entry : entries) pages.push_back(entry.present() || entry.swapped());
    return pages;
  }

 private:
  int mem_, pagemap_;
};

/// The first page that differs, or "".
std::string difference(std::uint64_t address, std::span<const std::byte> image,
                       std::span<const std::byte> memory) {
  if (std::ranges::equal(image, memory)) return "";
  std::size_t at = 0;
  while (image[at] == memory[at]) at++;
  std::ostringstream message;
  message << "0x" << std::hex << address + at << ": image 0x" << std::to_integer<int>(image[at])
          << ", memory 0x" << std::to_integer<int>(memory[at]);
  return message.str();
}

class Comparison {
 public:
  Comparison(const std::vector<std::string>& paths, const Range& range, pid_t pid)
      : chain_(checkpoint::Chain::open(paths)), memory_(pid), range_(range), pid_(pid) {}

  void run() {
    chain_.verify();
    const checkpoint::Info& info = chain_.newest().info();
    // The end of user space cuts off what lies behind it.
    REQUIRE_EQ(info.start, range_.start);
    REQUIRE(info.end <= range_.end, "range of the image:", (Range{info.start, info.end}));
    range_.end = info.end;

    compare_mappings();
    std::uint64_t bytes = 0;
    for (const ResolvedRun& run : chain_.resolve()) {
      bytes += run.size();
      compare(run);
    }
    std::uint64_t mapped = 0;
    for (const checkpoint::Mapping& mapping : chain_.newest().mappings())
      mapped += mapping.end - mapping.start;
    REQUIRE_EQ(bytes, mapped, "bytes that the chain speaks of");
  }

 private:
  void compare_mappings() {
    std::vector<Mapping> expected = mappings_in(pid_, range_);
    const std::vector<checkpoint::Mapping>& found = chain_.newest().mappings();
    for (std::size_t i = 0; i < std::min(expected.size(), found.size()); i++) {
      const Mapping& mapping = expected[i];
      REQUIRE_EQ((Range{found[i].start, found[i].end}), mapping.range, mapping.name);
      EXPECT_EQ(found[i].name, mapping.name, mapping.range);
      EXPECT_EQ(found[i].prot, mapping.protection, mapping.range, mapping.name);
      EXPECT_EQ(found[i].has(PROC_CHECKPOINT_MAP_SHARED), mapping.shared, mapping.range);
      EXPECT_EQ(found[i].inode, mapping.inode, mapping.range, mapping.name);
      if (mapping.inode == 0) continue;
      EXPECT_EQ(found[i].offset, mapping.offset, mapping.range, mapping.name);
      EXPECT_EQ(found[i].dev_major, mapping.major, mapping.range, mapping.name);
      EXPECT_EQ(found[i].dev_minor, mapping.minor, mapping.range, mapping.name);
    }
    REQUIRE_EQ(found.size(), expected.size(), "mappings");
  }

  void compare(const ResolvedRun& run) {
    const checkpoint::Mapping& mapping = chain_.newest().mappings()[run.mapping];
    for (std::uint64_t at = run.start; at < run.end; at += chunk_bytes) {
      std::uint64_t size = std::min(chunk_bytes, run.end - at);
      switch (run.state) {
        case PageState::data:
          expect_bytes(run, at, run.image->bytes(run.offset + (at - run.start), size));
          break;
        case PageState::zero:
          expect_zeros(run, at, size, mapping);
          break;
        case PageState::file:
          expect_bytes(run, at, file_bytes(mapping, run.offset + (at - run.start), size));
          break;
        default:
          // (the clock's pages, which the kernel writes all the time, can be read on Linux 7.3,
          // where they are no device's)
          if (mapping.has(PROC_CHECKPOINT_MAP_DEVICE) || !mapping.name.starts_with("[vvar"))
            expect_unreadable(run, {at, at + size});
      }
    }
  }

  void expect_bytes(const ResolvedRun& run, std::uint64_t at, std::span<const std::byte> image) {
    std::span<std::byte> bytes = std::span(buffer_).first(image.size());
    REQUIRE(memory_.read(at, bytes), "can't read", (Range{at, at + image.size()}), "which is",
            checkpoint::state_text(run.state));
    REQUIRE_EQ(difference(at, image, bytes), "", checkpoint::state_text(run.state), "in",
               run.image->name());
  }

  void expect_zeros(const ResolvedRun& run, std::uint64_t at, std::uint64_t size,
                    const checkpoint::Mapping& mapping) {
    static const std::vector<std::byte> zeros(chunk_bytes);
    if (mapping.has(PROC_CHECKPOINT_MAP_FILE) || mapping.has(PROC_CHECKPOINT_MAP_SHARED))
      return expect_bytes(run, at, std::span(zeros).first(size));
    const std::vector<bool> there = memory_.there({at, at + size});
    for (std::size_t i = 0; i < there.size(); i++)
      if (there[i]) expect_bytes(run, at + i * page_size, std::span(zeros).first(page_size));
  }

  void expect_unreadable(const ResolvedRun& run, const Range& range) {
    for (std::uint64_t page = range.start; page < range.end; page += page_size)
      EXPECT(!memory_.read(page, std::span(buffer_).first(page_size)), "skipped as",
             checkpoint::skip_text(run.reason), "but readable:", (Range{page, page + page_size}));
  }

  /// The file as it is now; it must still be the one that was recorded.
  std::span<const std::byte> file_bytes(const checkpoint::Mapping& mapping, std::uint64_t offset,
                                        std::uint64_t size) {
    auto [file, first] = files_.try_emplace(mapping.name);
    if (first) {
      int fd = open(mapping.name.c_str(), O_RDONLY | O_CLOEXEC);
      struct stat st {};
      REQUIRE(fd >= 0 && fstat(fd, &st) == 0, mapping.name, std::strerror(errno));
      EXPECT_EQ(mapping.file_size, static_cast<std::uint64_t>(st.st_size), mapping.name);
      file->second.resize(static_cast<std::size_t>(st.st_size));
      ssize_t got = read(fd, file->second.data(), file->second.size());
      close(fd);
      REQUIRE_EQ(got, st.st_size, mapping.name);
    }
    file_buffer_.assign(size, std::byte{0});
    const std::vector<std::byte>& bytes = file->second;
    if (offset < bytes.size())
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                  std::min(size, bytes.size() - offset), file_buffer_.begin());
    return file_buffer_;
  }

  checkpoint::Chain chain_;
  Memory memory_;
  Range range_;
  pid_t pid_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(chunk_bytes);
  std::vector<std::byte> file_buffer_;
  std::map<std::string, std::vector<std::byte>> files_;
};

}  // namespace

checkpoint::Image open_image(const std::string& path) {
  checkpoint::Image image = checkpoint::Image::open(path);
  image.verify();
  return image;
}

std::string picture(const std::string& path, const Range& range) {
  checkpoint::Image image = open_image(path);
  std::string letters;
  for (std::uint64_t page = range.start; page < range.end; page += page_size) {
    switch (image.state_at(page)) {
      case PageState::data:
        letters += 'D';
        break;
      case PageState::zero:
        letters += 'Z';
        break;
      case PageState::file:
        letters += 'F';
        break;
      case PageState::skipped:
        letters += 'S';
        break;
      case PageState::absent:
        letters += '.';
        break;
      case PageState::unmapped:
        letters += '-';
        break;
    }
  }
  return letters;
}

std::size_t count(const std::string& picture, char letter) {
  return static_cast<std::size_t>(std::ranges::count(picture, letter));
}

void ImageChain::add(const std::string& path) {
  if (open_image(path).info().kind == checkpoint::Kind::full) paths_.clear();
  paths_.push_back(path);
}

void ImageChain::expect_equals_memory(const Range& range, pid_t pid) const {
  expect_chain_equals_memory(paths_, range, pid);
}

void expect_chain_equals_memory(const std::vector<std::string>& paths, const Range& range,
                                pid_t pid) {
  // What follows allocates, and the range may be one that malloc() extends:
  // only other processes and mappings of their own are compared here.
  Comparison(paths, range, pid).run();
}

std::vector<std::byte> copy_of(const Range& range) {
  std::vector<std::byte> bytes(range.bytes());
  std::memcpy(bytes.data(), reinterpret_cast<const void*>(range.start), bytes.size());
  return bytes;
}

void expect_image_holds(const std::string& path, const Range& range,
                        const std::vector<std::byte>& expected) {
  checkpoint::Image image = open_image(path);
  std::vector<std::byte> page(page_size);
  for (std::uint64_t at = range.start; at < range.end; at += page_size) {
    PageState state = image.read_page(at, page);
    REQUIRE(state == PageState::data || state == PageState::zero, path, "at",
            (Range{at, at + page_size}), checkpoint::state_text(state));
    std::span<const std::byte> wanted = std::span(expected).subspan(at - range.start, page_size);
    REQUIRE_EQ(difference(at, page, wanted), "", "in", path);
  }
}

}  // namespace test
