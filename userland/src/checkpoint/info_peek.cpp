// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/info_peek.h"

#include <elf.h>
#include <sys/stat.h>

#include "checkpoint/info_note.h"
#include "checkpoint/mapped_file.h"
#include "checkpoint/notes.h"

namespace checkpoint {

InfoPeek::InfoPeek() {
  want(Stage::header, 0, sizeof(Elf64_Ehdr));
}

void InfoPeek::want(Stage stage, std::uint64_t offset, std::size_t size) {
  stage_ = stage;
  offset_ = offset;
  wanted_ = size;
  have_.clear();
}

void InfoPeek::take(ByteView bytes) {
  const std::uint64_t begin = size_;
  size_ += bytes.size();
  while (stage_ != Stage::done) {
    const std::uint64_t at = offset_ + have_.size();
    if (at < begin) return want(Stage::done, 0, 0);  // that has gone by
    if (at >= size_) return;
    const std::uint64_t count = std::min<std::uint64_t>(size_ - at, wanted_ - have_.size());
    append_bytes(have_, bytes.subspan(at - begin, count));
    if (have_.size() < wanted_) return;
    advance();
  }
}

/// Everything that it waited for is there.
void InfoPeek::advance() {
  try {
    if (stage_ == Stage::header) {
      const auto header = load<Elf64_Ehdr>(have_, 0, {"ELF header"});
      if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return want(Stage::done, 0, 0);
      want(Stage::segment, header.e_phoff, sizeof(Elf64_Phdr));
    } else if (stage_ == Stage::segment) {
      const auto notes = load<Elf64_Phdr>(have_, 0, {"head notes"});
      want(Stage::note, notes.p_offset, kOurNoteHeader + sizeof(proc_checkpoint_info));
    } else {
      NoteReader reader(have_);
      info_ = decode_info(reader.next("INFO", PROC_CHECKPOINT_NOTE_NAME, PROC_CHECKPOINT_NT_INFO));
      want(Stage::done, 0, 0);
    }
  } catch (const Error&) {
    want(Stage::done, 0, 0);
  }
}

std::optional<Peeked> peeked(const InfoPeek& peek) {
  if (!peek.info()) return std::nullopt;
  return Peeked{.info = *peek.info(), .size = peek.size()};
}

std::optional<Peeked> peek_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  try {
    const MappedFile file(path);
    InfoPeek peek;
    peek.take(file.bytes());
    return peeked(peek);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace checkpoint
