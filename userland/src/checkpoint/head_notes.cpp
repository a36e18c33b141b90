// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/head_notes.h"

#include <elf.h>
#include <sys/procfs.h>

#include "checkpoint/info_note.h"
#include "checkpoint/map_note.h"
#include "checkpoint/notes.h"
#include "checkpoint/run_notes.h"

namespace checkpoint {
namespace {

constexpr std::string_view kOurs = PROC_CHECKPOINT_NOTE_NAME;
constexpr std::string_view kCore = "CORE";

}  // namespace

HeadNotes decode_head_notes(ByteView segment) {
  NoteReader notes(segment);
  HeadNotes head;
  head.info = decode_info(notes.next("INFO", kOurs, PROC_CHECKPOINT_NT_INFO));
  head.mappings = decode_map(notes.next("MAP", kOurs, PROC_CHECKPOINT_NT_MAP), head.info);
  head.file_pages =
      decode_file_pages(notes.next("FILE_PAGES", kOurs, PROC_CHECKPOINT_NT_FILE_PAGES));
  head.skipped = decode_skipped(notes.next("SKIPPED", kOurs, PROC_CHECKPOINT_NT_SKIPPED));
  const ByteView prpsinfo = notes.next("NT_PRPSINFO", kCore, NT_PRPSINFO);
  check_equal({"NT_PRPSINFO"}, "size", prpsinfo.size(), sizeof(elf_prpsinfo));
  head.prpsinfo.assign(prpsinfo.begin(), prpsinfo.end());
  check_nt_file(notes.next("NT_FILE", kCore, NT_FILE), head.mappings);
  notes.expect_end("head notes");
  return head;
}

Bytes encode_head_notes(const Info& info, const std::vector<Mapping>& mappings,
                        const std::vector<Run>& runs, ByteView prpsinfo) {
  Bytes command(prpsinfo.begin(), prpsinfo.end());
  command.resize(sizeof(elf_prpsinfo));
  Bytes out;
  append_note(out, kOurs, PROC_CHECKPOINT_NT_INFO, encode_info(info));
  append_note(out, kOurs, PROC_CHECKPOINT_NT_MAP, encode_map(mappings));
  append_note(out, kOurs, PROC_CHECKPOINT_NT_FILE_PAGES, encode_file_pages(runs));
  append_note(out, kOurs, PROC_CHECKPOINT_NT_SKIPPED, encode_skipped(runs));
  append_note(out, kCore, NT_PRPSINFO, command);
  append_note(out, kCore, NT_FILE, encode_nt_file(mappings));
  return out;
}

}  // namespace checkpoint
