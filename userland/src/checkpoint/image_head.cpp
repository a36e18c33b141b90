// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/image_head.h"

#include <utility>

#include "checkpoint/image_check.h"
#include "checkpoint/search.h"

namespace checkpoint {

void ImageHead::take_front(const Segments& segments, ByteView front) {
  end_offset_ = segments.end_note.p_offset;
  end_size_ = segments.end_note.p_filesz;

  const Elf64_Phdr& head = segments.head_notes;
  const ByteView segment = slice(front, head.p_offset, head.p_filesz, {"head notes"});
  // (of a file that ends in the padding check_size() tells)
  const ByteView before_data =
      front.first(std::min<std::uint64_t>(front.size(), segments.front_size()));
  if (!all_zero(before_data.subspan(head.p_offset + head.p_filesz)))
    fail({"padding behind the head notes"}, "is not zero");

  HeadNotes notes = decode_head_notes(segment);
  runs_ = collect_runs(segments, notes);
  info_ = notes.info;
  mappings_ = std::move(notes.mappings);
  prpsinfo_ = std::move(notes.prpsinfo);
}

void ImageHead::check_size(std::uint64_t size) const {
  std::size_t load = 0;
  for (const Run& run : runs_) {
    if (run.state == PageState::data) check_slice(size, run.offset, run.size(), {"load", load});
    if (run.state == PageState::data || run.state == PageState::zero) ++load;
  }
  constexpr Where where{"end note"};
  check_slice(size, end_offset_, end_size_, where);
  check_equal(where, "end, which is not the end of the file", end_offset_ + end_size_, size);
  check_equal(where, "size", end_size_, end_note_size());
}

void ImageHead::take_end(ByteView end) {
  end_ = decode_end(end, end_offset_);
}

const Mapping* ImageHead::mapping_at(std::uint64_t address) const {
  return find_containing(mappings_, address);
}

const Run* ImageHead::run_at(std::uint64_t address) const {
  return find_containing(runs_, address);
}

PageState ImageHead::state_at(std::uint64_t address) const {
  if (const Run* run = run_at(address)) return run->state;
  return mapping_at(address) != nullptr ? PageState::absent : PageState::unmapped;
}

}  // namespace checkpoint
