// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_writer.h"

#include "checkpoint/elf_headers.h"
#include "checkpoint/end_note.h"
#include "checkpoint/head_notes.h"

namespace checkpoint {
namespace {

/// What is summed up and then written while it is in the processor's cache.
constexpr std::size_t kPiece = std::size_t{256} << 10;

void fill_counts(ImageContents& contents) {
  Info& info = contents.info;
  info.pages_data = info.pages_zero = info.pages_file = info.pages_skipped = 0;
  info.mappings = contents.mappings.size();
  for (const Run& run : contents.runs) {
    const std::uint64_t pages = run.size() / kPageSize;
    if (run.state == PageState::data) info.pages_data += pages;
    if (run.state == PageState::zero) info.pages_zero += pages;
    if (run.state == PageState::file) info.pages_file += pages;
    if (run.state == PageState::skipped) info.pages_skipped += pages;
  }
}

Elf64_Phdr load_segment(const Run& run, const Mapping& mapping, std::uint64_t offset) {
  return {.p_type = PT_LOAD,
          .p_flags = segment_flags(mapping),
          .p_offset = offset,
          .p_vaddr = run.start,
          .p_paddr = 0,
          .p_filesz = run.state == PageState::data ? run.size() : 0,
          .p_memsz = run.size(),
          .p_align = kPageSize};
}

/// All headers, with the offsets that follow from the size of the head notes.
Segments lay_out(const ImageContents& contents, std::uint64_t notes_size) {
  Segments segments;
  const auto is_load = [](const Run& run) {
    return run.state == PageState::data || run.state == PageState::zero;
  };
  const auto loads =
      static_cast<std::size_t>(std::count_if(contents.runs.begin(), contents.runs.end(), is_load));
  const std::uint64_t notes_offset = headers_size(loads);
  segments.head_notes = note_segment(notes_offset, notes_size);
  std::uint64_t at = notes_offset + notes_size;
  if (contents.info.pages_data != 0) at = align_up(at, kPageSize);
  for (const Run& run : contents.runs) {
    if (!is_load(run)) continue;
    segments.loads.push_back(load_segment(run, contents.mappings.at(run.mapping), at));
    at += segments.loads.back().p_filesz;
  }
  segments.end_note = note_segment(at, end_note_size());
  return segments;
}

}  // namespace

ImageWriter::ImageWriter(Sink& sink, ImageContents contents) : sink_(sink) {
  fill_counts(contents);
  const Bytes notes =
      encode_head_notes(contents.info, contents.mappings, contents.runs, contents.prpsinfo);
  Bytes head = encode_segments(lay_out(contents, notes.size()));
  append_bytes(head, notes);
  if (contents.info.pages_data != 0) pad(head, kPageSize);
  write(head);
  data_left_ = contents.info.pages_data * kPageSize;
}

void ImageWriter::write(ByteView bytes) {
  crc_.update(bytes);
  sink_.write(bytes);
  offset_ += bytes.size();
}

void ImageWriter::write_data(ByteView bytes) {
  if (bytes.size() > data_left_) throw std::logic_error("more page data than the runs hold");
  data_left_ -= bytes.size();
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPiece));
    write(piece);
    bytes = bytes.subspan(piece.size());
  }
}

void ImageWriter::finish() {
  if (data_left_ != 0) throw std::logic_error("less page data than the runs hold");
  sink_.write(encode_end({.length = offset_, .crc32c = crc_.value()}));
}

}  // namespace checkpoint
