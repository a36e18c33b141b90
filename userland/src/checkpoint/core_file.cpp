// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/core_file.h"

#include "checkpoint/auxv.h"
#include "checkpoint/elf_headers.h"
#include "checkpoint/map_note.h"
#include "checkpoint/mapped_source.h"
#include "checkpoint/notes.h"

namespace checkpoint {
namespace {

/// How pages of the snapshot are in the core.
enum class Part : std::uint8_t {
  left_out,  ///< in no PT_LOAD
  empty,     ///< in a PT_LOAD with p_filesz == 0: zeros, to gdb
  hole,      ///< zeros in the file
  data,      ///< the image's bytes
  file,      ///< those of the mapped file
};

class Core {
 public:
  Core(const Snapshot& snapshot, MissingFiles missing)
      : snapshot_(snapshot), mappings_(snapshot.chain().newest().mappings()) {
    find_missing(missing);
    for (const ResolvedRun& run : snapshot_.runs()) add(run);
  }

  CoreFacts write(Sink& sink, Steps& steps) {
    const Bytes notes = make_notes();
    const std::uint64_t notes_at = program_headers_size(loads_.size() + 1);
    std::uint64_t at = align_up(notes_at + notes.size(), kPageSize);
    for (Elf64_Phdr& load : loads_) {
      load.p_offset = at;
      at += load.p_filesz;
    }
    facts_.bytes = at;
    facts_.segments = loads_.size();

    std::vector<Elf64_Phdr> headers{note_segment(notes_at, notes.size())};
    headers.insert(headers.end(), loads_.begin(), loads_.end());
    Bytes head = encode_program_headers(headers);
    append_bytes(head, notes);
    pad(head, kPageSize);
    steps.begin("writing", (facts_.pages_data + facts_.pages_file) * kPageSize);
    sink.write(head);
    for (const ResolvedRun& run : snapshot_.runs()) write(run, sink, steps);
    return facts_;
  }

 private:
  /// Asks for every file that is needed.
  void find_missing(MissingFiles missing) {
    missing_.assign(mappings_.size(), Part::file);
    std::size_t last = SIZE_MAX;
    for (const ResolvedRun& run : snapshot_.runs()) {
      if (run.state != PageState::file || run.mapping == last) continue;
      last = run.mapping;
      if (files_.is_lost(
              mappings_[run.mapping], missing == MissingFiles::refuse ? nullptr : &facts_.missing,
              "put back the file of that time, or: --missing-files skip leaves its pages out, "
              "--missing-files zero makes them zeros"))
        missing_[run.mapping] = missing == MissingFiles::skip ? Part::left_out : Part::hole;
    }
  }

  [[nodiscard]] Part part_of(const ResolvedRun& run) const {
    const Mapping& mapping = mappings_[run.mapping];
    switch (run.state) {
      case PageState::data:
        return Part::data;
      case PageState::file:
        return missing_[run.mapping];
      case PageState::zero:
        // With p_filesz == 0 gdb would look into a mapped file, and lldb finds nothing.
        return !mapping.has(PROC_CHECKPOINT_MAP_FILE) &&
                       (mapping.prot == 0 || mapping.has(PROC_CHECKPOINT_MAP_DONTDUMP))
                   ? Part::empty
                   : Part::hole;
      default:
        return Part::left_out;
    }
  }

  void count(const ResolvedRun& run) {
    const std::uint64_t pages = run.size() / kPageSize;
    if (run.state == PageState::data) facts_.pages_data += pages;
    if (run.state == PageState::zero) facts_.pages_zero += pages;
    if (run.state == PageState::skipped) facts_.pages_skipped += pages;
    if (run.state != PageState::file) return;
    (missing_[run.mapping] == Part::file ? facts_.pages_file : facts_.pages_missing) += pages;
  }

  /// Makes a PT_LOAD of the run, or lengthens the last one.
  void add(const ResolvedRun& run) {
    count(run);
    const Part part = part_of(run);
    if (part == Part::left_out) return;
    const std::uint64_t bytes = part == Part::empty ? 0 : run.size();
    const bool continues = !loads_.empty() && last_mapping_ == run.mapping &&
                           loads_.back().p_vaddr + loads_.back().p_memsz == run.start;
    add_file(run, continues);
    if (continues && (loads_.back().p_filesz == 0) == (bytes == 0)) {
      loads_.back().p_filesz += bytes;
      loads_.back().p_memsz += run.size();
      return;
    }
    last_mapping_ = run.mapping;
    loads_.push_back({.p_type = PT_LOAD,
                      .p_flags = segment_flags(mappings_[run.mapping]),
                      .p_offset = 0,
                      .p_vaddr = run.start,
                      .p_paddr = 0,
                      .p_filesz = bytes,
                      .p_memsz = run.size(),
                      .p_align = kPageSize});
  }

  /// In NT_FILE is only what is in the core: elsewhere gdb would read the file
  /// of today.
  void add_file(const ResolvedRun& run, bool continues) {
    if (!continues) {
      Mapping piece = mappings_[run.mapping];
      piece.offset += run.start - piece.start;
      piece.start = run.start;
      pieces_.push_back(std::move(piece));
    }
    pieces_.back().end = run.end;
  }

  Bytes make_notes() {
    constexpr std::string_view owner = "CORE";
    Bytes notes;
    append_note(notes, owner, NT_PRPSINFO, snapshot_.chain().newest().prpsinfo());
    if (const auto auxv = find_auxv(snapshot_)) {
      append_note(notes, owner, NT_AUXV, *auxv);
      facts_.auxv = true;
    }
    std::erase_if(pieces_, [](const Mapping& piece) { return piece.name.empty(); });
    append_note(notes, owner, NT_FILE, encode_nt_file(pieces_));
    return notes;
  }

  void write(const ResolvedRun& run, Sink& sink, Steps& steps) {
    const Part part = part_of(run);
    if (part == Part::hole) sink.write_zeros(run.size());
    if (part != Part::data && part != Part::file) return;
    for (std::uint64_t at = run.start; at < run.end;) {
      const std::uint64_t end = std::min(run.end, at + kPiece);
      if (part == Part::data)
        sink.write(Snapshot::bytes(run, at, end));
      else
        files_.copy(mappings_[run.mapping], at, end - at, sink);
      steps.advance(end - at);
      at = end;
    }
  }

  static constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

  const Snapshot& snapshot_;
  const std::vector<Mapping>& mappings_;
  MappedSource files_;
  std::vector<Part> missing_;  ///< what the pages of each mapping's file become
  std::vector<Elf64_Phdr> loads_;
  std::vector<Mapping> pieces_;
  std::size_t last_mapping_ = 0;
  CoreFacts facts_;
};

}  // namespace

CoreFacts write_core(const Snapshot& snapshot, MissingFiles missing, Sink& sink, Steps& steps) {
  return Core(snapshot, missing).write(sink, steps);
}

}  // namespace checkpoint
