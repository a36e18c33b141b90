// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/find_chain.h"

#include <boost/filesystem.hpp>
#include <elf.h>

#include <algorithm>

#include "checkpoint/image.h"
#include "checkpoint/info_note.h"
#include "checkpoint/notes.h"
#include "checkpoint/output_file.h"

namespace checkpoint {
namespace {

namespace fs = boost::filesystem;

/// What a file calls itself, without a look at the rest of it.  Throws Error.
Info read_info(const std::string& path) {
  const MappedFile file(path);
  const ByteView bytes = file.bytes();
  const auto header = load<Elf64_Ehdr>(bytes, 0, {"ELF header"});
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) throw damaged("is no ELF file");
  const auto notes = load<Elf64_Phdr>(bytes, header.e_phoff, {"program header"});
  NoteReader reader(slice(bytes, notes.p_offset, notes.p_filesz, {"head notes"}));
  return decode_info(reader.next("INFO", PROC_CHECKPOINT_NOTE_NAME, PROC_CHECKPOINT_NT_INFO));
}

struct Candidate {
  std::string path;
  Info info;
};

std::vector<Candidate> read_candidates(const std::vector<std::string>& paths) {
  std::vector<Candidate> candidates;
  for (const std::string& path : paths) {
    try {
      candidates.push_back({.path = path, .info = read_info(path)});
    } catch (const Error&) {
      // Other files may lie there too.
    }
  }
  return candidates;
}

/// nullptr: the parent of @child is not there.
const Candidate* find_parent(const Info& child, const std::vector<Candidate>& candidates) {
  const Candidate* parent = nullptr;
  for (const Candidate& candidate : candidates) {
    // The sequence number goes down with each step, so cycles end.
    if (candidate.info.id != child.parent || candidate.info.seq != child.seq - 1) continue;
    if (candidate.info.kind == Kind::full) return &candidate;
    if (parent == nullptr) parent = &candidate;
  }
  return parent;
}

Error no_parent(const std::string& path, const Info& info) {
  return Error(Error::Kind::damaged, path,
               "the chain is broken: its parent is not among the images here")
      .expected(str("an image with id ", id_text(info.parent), " and seq ", info.seq - 1))
      .hint("looked for beside it; --chain IMAGE names more images to look among");
}

}  // namespace

std::vector<std::string> files_beside(const std::string& path) {
  fs::path directory = fs::path(path).parent_path();
  if (directory.empty()) directory = ".";
  std::vector<std::string> files;
  boost::system::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    boost::system::error_code ignored;
    if (is_temporary_name(at->path().filename().string())) continue;
    if (at->status(ignored).type() == fs::regular_file) files.push_back(at->path().string());
  }
  if (error) throw system_failure(directory.string(), "read the directory", error.value());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> find_chain(const std::string& path,
                                    const std::vector<std::string>& candidates) {
  std::vector<std::string> chain{path};
  Info info = Image::open(path).info();
  if (info.kind == Kind::full) return chain;
  const std::vector<Candidate> images = read_candidates(candidates);
  while (info.kind == Kind::inc) {
    const Candidate* parent = find_parent(info, images);
    if (parent == nullptr) throw no_parent(chain.back(), info);
    chain.push_back(parent->path);
    info = parent->info;
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace checkpoint
