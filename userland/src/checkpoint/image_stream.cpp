// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_stream.h"

#include <unistd.h>

#include <utility>

#include "checkpoint/crc_check.h"
#include "checkpoint/standard_input.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{256} << 10;

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
  constexpr std::uint64_t most = 65536;  // nobody vouches for @size
  while (bytes.size() < size) {
    const std::size_t had = bytes.size();
    bytes.resize(had + std::min(size - had, most));
    const std::size_t got = read(std::span(bytes).subspan(had));
    bytes.resize(had + got);
    if (got == 0) return;
  }
}

void ImageStream::read_front() {
  Bytes front;
  read_up_to(front, kHeaderSize);
  if (front.empty()) throw damaged("is empty");
  read_up_to(front, find_headers_end(front));
  const Segments segments = decode_segments(front);
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
  while (read(buffer) != 0) continue;  // how long is it?
  check_size(size_);
  take_end(end);
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
