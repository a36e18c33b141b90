// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/end_note.h"

#include "checkpoint/notes.h"

namespace checkpoint {

EndNote decode_end(ByteView segment, std::uint64_t offset) {
  constexpr Where where{"END"};
  NoteReader notes(segment);
  const ByteView descriptor = notes.next("END", PROC_CHECKPOINT_NOTE_NAME, PROC_CHECKPOINT_NT_END);
  notes.expect_end("END");
  check_equal(where, "size", descriptor.size(), sizeof(proc_checkpoint_end));
  const auto raw = load<proc_checkpoint_end>(descriptor, 0, where);
  check_equal(where, "length", raw.length, offset);
  check_equal(where, "reserved field", raw.reserved, 0);
  return {.length = raw.length, .crc32c = raw.crc32c};
}

Bytes encode_end(const EndNote& end) {
  Bytes descriptor;
  append(descriptor,
         proc_checkpoint_end{.length = end.length, .crc32c = end.crc32c, .reserved = 0});
  Bytes out;
  append_note(out, PROC_CHECKPOINT_NOTE_NAME, PROC_CHECKPOINT_NT_END, descriptor);
  return out;
}

std::uint64_t end_note_size() {
  return kOurNoteHeader + sizeof(proc_checkpoint_end);
}

}  // namespace checkpoint
