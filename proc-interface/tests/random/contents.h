// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a page, shared by all who know them and never changed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../support/memory.h"

namespace test::random {

inline constexpr std::size_t pages_per_huge = huge_size / page_size;

using Page = std::array<std::byte, page_size>;
using Bytes = std::span<const std::byte>;

/// None: zeros.
using Contents = std::shared_ptr<const Page>;

const Page& page_of(const Contents& contents);
bool equal(const Contents& one, const Contents& other);
/// @old with other bytes from @offset on.
Contents changed(const Contents& old, std::size_t offset, Bytes bytes);
/// Bytes that depend on the seed; no word is 0.
std::vector<std::byte> bytes_from(std::uint64_t seed, std::size_t size);

}  // namespace test::random
