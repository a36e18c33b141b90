// SPDX-License-Identifier: GPL-2.0-or-later
#include "contents.h"

#include <algorithm>
#include <cstring>

namespace test::random {

const Page& page_of(const Contents& contents) {
  static const Page zeros{};
  return contents ? *contents : zeros;
}

bool equal(const Contents& one, const Contents& other) {
  return one == other || std::memcmp(page_of(one).data(), page_of(other).data(), page_size) == 0;
}

Contents changed(const Contents& old, std::size_t offset, Bytes bytes) {
  auto page = std::make_shared<Page>(page_of(old));
  std::copy(bytes.begin(), bytes.end(), page->begin() + static_cast<std::ptrdiff_t>(offset));
  return page;
}

std::vector<std::byte> bytes_from(std::uint64_t seed, std::size_t size) {
  std::vector<std::byte> bytes((size + page_size - 1) / page_size * page_size);
  for (std::size_t at = 0; at < bytes.size(); at += page_size)
    fill_page(&bytes[at], seed * 0x9e3779b97f4a7c15 + at);
  bytes.resize(size);
  return bytes;
}

}  // namespace test::random
