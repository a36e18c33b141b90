// SPDX-License-Identifier: GPL-2.0-or-later
// An image to spoil: its structs by name.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

class RawImage {
 public:
  explicit RawImage(Bytes bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  Bytes& bytes() { return bytes_; }

  /// Where things are.
  [[nodiscard]] std::uint64_t program_header(std::size_t n) const;
  [[nodiscard]] std::uint64_t last_program_header() const;
  [[nodiscard]] std::uint64_t note(std::uint32_t type) const;
  [[nodiscard]] std::uint64_t descriptor(std::uint32_t type) const;
  [[nodiscard]] std::uint64_t mapping(std::size_t n) const;

  /// Lets @change(T&) change the struct at @offset.
  template <typename T, typename Change>
  void edit(std::uint64_t offset, Change change) {
    T value = load<T>(bytes_, offset, {"test"});
    change(value);
    std::memcpy(bytes_.data() + offset, &value, sizeof(value));
  }

  /// Makes the checksum right again.
  void seal();

 private:
  Bytes bytes_;
};

}  // namespace checkpoint
