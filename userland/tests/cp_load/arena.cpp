// SPDX-License-Identifier: GPL-2.0-or-later
#include "arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace checkpoint {
namespace {

char page_letter(const unsigned char* bytes) {
  if (!std::all_of(bytes, bytes + kPageSize, [bytes](unsigned char b) { return b == *bytes; }))
    return '?';
  return *bytes == 0 ? '0' : static_cast<char>(*bytes);
}

}  // namespace

Arena::Arena(std::size_t pages) : size_(pages * kPageSize) {
  const std::size_t all = size_ + 2 * kPageSize;
  void* memory = ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw system_failure("an arena", "map");
  memory_ = static_cast<unsigned char*>(memory);
  std::memset(memory_, '.', all);
}

Arena::~Arena() {
  ::munmap(memory_, size_ + 2 * kPageSize);
}

std::string Arena::picture() const {
  std::string text;
  for (std::size_t at = 0; at < size_; at += kPageSize) text += page_letter(start() + at);
  if (page_letter(memory_) != '.' || page_letter(start() + size_) != '.') text += '!';
  return text;
}

ImageBuilder full_image() {
  ImageBuilder image(page(0), page(8));
  image.map(page(0), page(8))
      .data(page(0), page(2), 'a')
      .data(page(2), page(4), 'b')
      .zero(page(4), page(8));
  return image;
}

ImageBuilder inc_image(const Info& parent) {
  ImageBuilder image = ImageBuilder::inc_on(parent);
  image.map(page(0), page(8));
  return image;
}

std::string errno_name(int error) {
  if (error == ENOTSUP) return "ENOTSUP";  // has another name as well
  const char* name = ::strerrorname_np(error);
  return error == 0 ? "0" : name != nullptr ? name : "?";
}

std::string load(const Arena& arena, const std::vector<std::string>& paths) {
  std::vector<const char*> names;
  for (const std::string& path : paths) names.push_back(path.c_str());
  const int result = cp_load(arena.start(), arena.end(), names.data(), names.size());
  return errno_name(result == 0 ? 0 : errno);
}

}  // namespace checkpoint
