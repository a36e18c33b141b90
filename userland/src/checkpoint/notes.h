// SPDX-License-Identifier: GPL-2.0-or-later
// The framing of ELF notes.
#pragma once

#include "checkpoint/bytes.h"

namespace checkpoint {

/// Bytes of the framing of one of our notes, before its descriptor.
inline constexpr std::uint64_t kOurNoteHeader = 12 + 12;

/// Takes notes off a segment, one after the other.
class NoteReader {
 public:
  explicit NoteReader(ByteView segment) : rest_(segment) {}

  /// The descriptor of the next note, which must have this owner and type.
  /// @label names it in errors.
  ByteView next(std::string_view label, std::string_view owner, std::uint32_t type);

  /// Throws when notes are left.
  void expect_end(std::string_view label) const;

 private:
  ByteView rest_;
};

/// Appends a note, padded to 4 bytes as readers of core files expect.
void append_note(Bytes& out, std::string_view owner, std::uint32_t type, ByteView descriptor);

}  // namespace checkpoint
