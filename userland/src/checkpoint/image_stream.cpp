// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_stream.h"

#include <unistd.h>

#include <utility>

#include "checkpoint/crc_check.h"
#include "checkpoint/info_note.h"
#include "checkpoint/notes.h"
#include "checkpoint/standard_input.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{256} << 10;
constexpr std::uint64_t kStep = std::uint64_t{64} << 10;  // nobody vouches for more of a head
constexpr std::uint64_t kInfoNoteSize = kOurNoteHeader + sizeof(proc_checkpoint_info);

/// @size: of a head that is to be held.
void check_head(std::uint64_t size) {
  if (size > ImageStream::kMostHead)
    throw Error(Error::Kind::failed, "", "its headers and notes are more than is read of a stream")
        .found(size_text(size))
        .expected("at most " + size_text(ImageStream::kMostHead))
        .hint("as a file it can be read all the same: name that instead of '-'");
}

/// Checks what stands first of the notes.  (What is larger than it should be is
/// told once all of it is there.)
void check_info_note(ByteView bytes) {
  constexpr std::string_view owner = PROC_CHECKPOINT_NOTE_NAME;
  const auto header = load<Elf64_Nhdr>(bytes, 0, {"INFO"});
  if (header.n_namesz == owner.size() + 1 && header.n_descsz > sizeof(proc_checkpoint_info)) return;
  decode_info(NoteReader(bytes).next("INFO", owner, PROC_CHECKPOINT_NT_INFO));
}

/// What @read does; its errors are about @name.
template <typename Read>
void with_name(const std::string& name, Read read) {
  try {
    read();
  } catch (Error& error) {
    error.subject_if_none(name);
    hint_at_the_pipe(error);
    throw;
  }
}

}  // namespace

ImageStream::ImageStream(Source& source, std::string name)
    : ImageHead(std::move(name)), source_(source) {
  with_name(this->name(), [this] { read_front(); });
}

/// Nothing behind its end: a FIFO may have another writer then.
std::size_t ImageStream::read(std::span<std::byte> buffer) {
  if (ended_) return 0;
  const std::size_t got = source_.read(buffer);
  ended_ = got == 0;
  size_ += got;
  return got;
}

/// Appends to @bytes until these are @size, or there are no more.
void ImageStream::read_up_to(Bytes& bytes, std::uint64_t size) {
  while (bytes.size() < size) {
    const std::size_t had = bytes.size();
    bytes.resize(had + std::min(size - had, kStep));
    const std::size_t got = read(std::span(bytes).subspan(had));
    bytes.resize(had + got);
    if (got == 0) return;
  }
}

/// Appends to @front all headers, if there are as many.
Segments ImageStream::read_headers(Bytes& front) {
  read_up_to(front, kHeaderSize);
  if (front.empty()) throw damaged("is empty");
  SegmentReader reader(front);
  const std::uint64_t end = reader.headers_end();
  check_head(end);
  while (front.size() < end && !ended_) {
    read_up_to(front, std::min(end, front.size() + kStep));
    reader.take(front);
  }
  reader.take(front);
  return std::move(reader).finish();
}

void ImageStream::read_front() {
  Bytes front;
  const Segments segments = read_headers(front);
  check_head(segments.front_size());
  // What cannot be the first note is not waited for to its end.
  const Elf64_Phdr& notes = segments.head_notes;
  if (notes.p_filesz >= kInfoNoteSize) {
    read_up_to(front, notes.p_offset + kInfoNoteSize);
    if (front.size() >= notes.p_offset + kInfoNoteSize)
      check_info_note(ByteView(front).subspan(notes.p_offset, kInfoNoteSize));
  }
  read_up_to(front, segments.front_size());
  take_front(segments, front);
  crc_.update(front);
}

void ImageStream::finish(const Advanced& advanced) {
  with_name(name(), [&] { read_rest(advanced); });
}

void ImageStream::read_rest(const Advanced& advanced) {
  Bytes buffer(std::clamp<std::uint64_t>(file_size() - size_, kPageSize, kPiece));
  while (size_ < end_offset()) {
    const std::uint64_t left = end_offset() - size_;
    const std::size_t got =
        read(std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), left)));
    if (got == 0) break;
    crc_.update(ByteView(buffer).first(got));
    if (advanced) advanced(got);
  }
  Bytes end;
  read_up_to(end, end_note_size());
  read_behind();
  check_size(size_);
  take_end(end);
}

/// How long is it?
void ImageStream::read_behind() {
  Bytes buffer(kStep);
  const std::uint64_t most = size_ + kMostBehind;
  while (read(buffer) != 0)
    if (size_ > most)
      fail({"end note"}, "is not the end of the file: something without an end follows it");
}

void ImageStream::verify() const {
  check_crc(*this, crc_);
}

ImageHead read_image(const std::string& path, Checksum checksum, Steps& steps) {
  const bool compare = checksum == Checksum::compare;
  if (path != kStandardInput || standard_input_is_whole_file()) {
    Image image = Image::open(path);
    if (compare) {
      steps.begin("verifying", image.file_size());
      image.verify(steps.advanced());
    }
    return static_cast<ImageHead&&>(image);
  }
  steps.begin("reading", 0);
  FdSource input(STDIN_FILENO, kStandardInputName);
  ImageStream image(input, kStandardInputName);
  steps.begin(compare ? "verifying" : "reading", image.file_size());
  steps.advance(image.bytes_read());
  image.finish(steps.advanced());
  if (compare) image.verify();
  return static_cast<ImageHead&&>(image);
}

}  // namespace checkpoint
