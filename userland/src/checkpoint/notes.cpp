// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/notes.h"

#include <elf.h>

namespace checkpoint {
namespace {

constexpr std::uint64_t kAlign = 4;

/// @size bytes off the front of @rest, and the padding behind them.
ByteView take(ByteView& rest, std::uint64_t size, const Where& where) {
  const ByteView taken = slice(rest, 0, size, where);
  const std::uint64_t padded = align_up(size, kAlign);
  if (!all_zero(slice(rest, size, padded - size, where))) fail(where, "padding is not zero");
  rest = rest.subspan(padded);
  return taken;
}

}  // namespace

ByteView NoteReader::next(std::string_view label, std::string_view owner, std::uint32_t type) {
  const Where where{label};
  const auto header = load<Elf64_Nhdr>(rest_, 0, where);
  rest_ = rest_.subspan(sizeof(header));
  check_equal(where, "length of the owner's name", header.n_namesz, owner.size() + 1);
  const ByteView name = take(rest_, header.n_namesz, where);
  if (std::memcmp(name.data(), owner.data(), owner.size()) != 0 || name.back() != std::byte{0})
    throw damaged(str(where.text(), ": wrong owner's name")).expected(std::string(owner));
  check_equal(where, "note type", header.n_type, type);
  return take(rest_, header.n_descsz, where);
}

void NoteReader::expect_end(std::string_view label) const {
  if (!rest_.empty())
    throw damaged(str(label, ": something follows the last note"))
        .found(str(rest_.size(), " bytes"))
        .expected("none");
}

void append_note(Bytes& out, std::string_view owner, std::uint32_t type, ByteView descriptor) {
  if (descriptor.size() > UINT32_MAX)
    throw Error(Error::Kind::failed, "", "a note of the image would be larger than ELF allows")
        .found(str(descriptor.size(), " bytes"));
  append(out, Elf64_Nhdr{.n_namesz = static_cast<Elf64_Word>(owner.size() + 1),
                         .n_descsz = static_cast<Elf64_Word>(descriptor.size()),
                         .n_type = type});
  append_text(out, owner);
  out.push_back(std::byte{0});
  pad(out, kAlign);
  append_bytes(out, descriptor);
  pad(out, kAlign);
}

}  // namespace checkpoint
