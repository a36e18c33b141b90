// SPDX-License-Identifier: GPL-2.0-or-later
// Fixed-layout structs out of bytes that nobody vouches for, and into bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "checkpoint/error.h"
#include "checkpoint/text.h"
#include "checkpoint/types.h"

namespace checkpoint {

static_assert(std::endian::native == std::endian::little, "images are little-endian");

using ByteView = std::span<const std::byte>;

/// Where a check failed: a table of the image and, maybe, the entry.
struct Where {
  std::string_view table;
  std::size_t index = SIZE_MAX;

  [[nodiscard]] std::string text() const {
    return index == SIZE_MAX ? std::string(table) : str(table, " ", index);
  }
};

/// Throws a damaged Error "WHERE: PROBLEM".
[[noreturn]] inline void fail(const Where& where, std::string_view problem) {
  throw damaged(str(where.text(), ": ", problem));
}

/// Throws unless @found is @expected.
inline void check_equal(const Where& where, std::string_view field, std::uint64_t found,
                        std::uint64_t expected) {
  if (found != expected)
    throw damaged(str(where.text(), ": wrong ", field)).found(hex(found)).expected(hex(expected));
}

/// Throws when @found has bits that are not in @known.
inline void check_flags(const Where& where, std::string_view field, std::uint64_t found,
                        std::uint64_t known) {
  if ((found & ~known) != 0)
    throw damaged(str(where.text(), ": unknown bits in ", field))
        .found(hex(found))
        .expected("bits of " + hex(known));
}

/// Throws unless [start, end) is a page-aligned range that is not empty.
inline void check_pages(const Where& where, std::uint64_t start, std::uint64_t end) {
  if (start % kPageSize != 0 || end % kPageSize != 0)
    throw damaged(str(where.text(), ": not page aligned")).found(range_text(start, end));
  if (start >= end)
    throw damaged(str(where.text(), ": empty or reversed range")).found(range_text(start, end));
}

inline bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Throws unless @size bytes at @offset lie in a file of @file_size bytes.
inline void check_slice(std::uint64_t file_size, std::uint64_t offset, std::uint64_t size,
                        const Where& where) {
  if (offset > file_size || size > file_size - offset)
    throw damaged(str(where.text(), ": ends behind the end of its container"))
        .found(str(size, " bytes at offset ", offset))
        .expected(str("at most ", file_size, " bytes"));
}

/// @size bytes at @offset.  Throws when the file is shorter.
inline ByteView slice(ByteView file, std::uint64_t offset, std::uint64_t size, const Where& where) {
  check_slice(file.size(), offset, size, where);
  return file.subspan(offset, size);
}

/// A copy of the struct at @offset, which need not be aligned.
template <typename T>
T load(ByteView file, std::uint64_t offset, const Where& where) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, slice(file, offset, sizeof(T), where).data(), sizeof(T));
  return value;
}

inline void append_bytes(Bytes& out, ByteView bytes) {
  // Not insert(): g++ 12 warns of an overflow in it that is none.
  const std::size_t size = out.size();
  out.resize(size + bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
}

/// Appends the bytes of a struct.
template <typename T>
void append(Bytes& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  append_bytes(out, std::as_bytes(std::span(&value, 1)));
}

inline void append_text(Bytes& out, std::string_view text) {
  append_bytes(out, std::as_bytes(std::span(text.data(), text.size())));
}

/// Appends zeros up to a multiple of @alignment.
inline void pad(Bytes& out, std::uint64_t alignment) {
  out.resize(align_up(out.size(), alignment));
}

}  // namespace checkpoint
