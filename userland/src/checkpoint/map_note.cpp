// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/map_note.h"

namespace checkpoint {
namespace {

constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

/// NT_FILE, as in any core file: this, then an entry for each mapping, then the names.
struct NtFileHeader {
  std::uint64_t count;
  std::uint64_t page_size;
};
struct NtFileEntry {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t offset_pages;
};

/// The name in @tail, the bytes of an entry behind its struct.
std::string decode_name(ByteView tail, std::uint32_t length, const Where& where) {
  if (length >= tail.size())
    throw damaged(str(where.text(), ": the name is longer than the entry"))
        .found(str(length))
        .expected(str("less than ", tail.size()));
  std::string name(reinterpret_cast<const char*>(tail.data()), length);
  if (name.find('\0') != std::string::npos) fail(where, "a NUL within the name");
  if (!all_zero(tail.subspan(length))) fail(where, "the padding of the name is not zero");
  return name;
}

void check_mapping(const Mapping& mapping, const Info& info, const Where& where) {
  check_pages(where, mapping.start, mapping.end);
  if (mapping.start < info.start || mapping.end > info.end)
    throw damaged(str(where.text(), ": outside the range of the image"))
        .found(range_text(mapping.start, mapping.end))
        .expected("within " + range_text(info.start, info.end));
  check_flags(where, "prot", mapping.prot, PROC_CHECKPOINT_PROT);
  check_flags(where, "flags", mapping.flags, PROC_CHECKPOINT_MAP_FLAGS);
  if (mapping.mtime_nsec >= kNanosecondsPerSecond)
    throw damaged(str(where.text(), ": wrong mtime_nsec")).found(str(mapping.mtime_nsec));
  if (mapping.has(PROC_CHECKPOINT_MAP_BY_REF) &&
      (!mapping.has(PROC_CHECKPOINT_MAP_FILE) || mapping.has(PROC_CHECKPOINT_MAP_SHARED)))
    throw damaged(str(where.text(), ": by reference, but no private mapping of a file"))
        .found(hex(mapping.flags));
  if (mapping.has(PROC_CHECKPOINT_MAP_FILE)) {
    check_equal(where, "file offset modulo the page size", mapping.offset % kPageSize, 0);
    if (mapping.offset + (mapping.end - mapping.start) < mapping.offset)
      throw damaged(str(where.text(), ": the file offset overflows")).found(hex(mapping.offset));
  }
}

Mapping decode_mapping(ByteView entry, const proc_checkpoint_mapping& raw, const Where& where) {
  check_equal(where, "reserved field", raw.reserved, 0);
  return {.start = raw.start,
          .end = raw.end,
          .offset = raw.offset,
          .prot = raw.prot,
          .flags = raw.flags,
          .dev_major = raw.dev_major,
          .dev_minor = raw.dev_minor,
          .inode = raw.inode,
          .file_size = raw.file_size,
          .mtime_sec = raw.mtime_sec,
          .mtime_nsec = raw.mtime_nsec,
          .name = decode_name(entry.subspan(sizeof(raw)), raw.name_bytes, where)};
}

/// In NT_FILE are also those whose path was too long to have.
bool in_nt_file(const Mapping& mapping) {
  return mapping.has(PROC_CHECKPOINT_MAP_FILE);
}

}  // namespace

std::vector<Mapping> decode_map(ByteView descriptor, const Info& info) {
  std::vector<Mapping> mappings;
  std::uint64_t previous_end = 0;
  while (!descriptor.empty()) {
    const Where where{"MAP entry", mappings.size()};
    const auto raw = load<proc_checkpoint_mapping>(descriptor, 0, where);
    if (raw.entry_bytes < sizeof(raw) || raw.entry_bytes % 8 != 0)
      throw damaged(str(where.text(), ": wrong entry_bytes"))
          .found(str(raw.entry_bytes))
          .expected(str("a multiple of 8, more than ", sizeof(raw)));
    const ByteView entry = slice(descriptor, 0, raw.entry_bytes, where);
    Mapping mapping = decode_mapping(entry, raw, where);
    check_mapping(mapping, info, where);
    if (mapping.start < previous_end)
      throw damaged(str(where.text(), ": not behind the previous mapping"))
          .found(hex(mapping.start))
          .expected("at least " + hex(previous_end));
    previous_end = mapping.end;
    mappings.push_back(std::move(mapping));
    descriptor = descriptor.subspan(raw.entry_bytes);
  }
  return mappings;
}

Bytes encode_map(const std::vector<Mapping>& mappings) {
  Bytes out;
  for (const Mapping& mapping : mappings) {
    proc_checkpoint_mapping raw{};
    raw.entry_bytes =
        static_cast<std::uint32_t>(align_up(sizeof(raw) + mapping.name.size() + 1, 8));
    raw.name_bytes = static_cast<std::uint32_t>(mapping.name.size());
    raw.start = mapping.start;
    raw.end = mapping.end;
    raw.offset = mapping.offset;
    raw.prot = mapping.prot;
    raw.flags = mapping.flags;
    raw.dev_major = mapping.dev_major;
    raw.dev_minor = mapping.dev_minor;
    raw.inode = mapping.inode;
    raw.file_size = mapping.file_size;
    raw.mtime_sec = mapping.mtime_sec;
    raw.mtime_nsec = mapping.mtime_nsec;
    append(out, raw);
    append_text(out, mapping.name);
    out.push_back(std::byte{0});
    pad(out, 8);
  }
  return out;
}

void check_nt_file(ByteView descriptor, const std::vector<Mapping>& mappings) {
  constexpr Where where{"NT_FILE"};
  const Bytes expected = encode_nt_file(mappings);
  check_equal(where, "size", descriptor.size(), expected.size());
  if (!std::equal(expected.begin(), expected.end(), descriptor.begin()))
    fail(where, "is not what MAP says");
}

Bytes encode_nt_file(const std::vector<Mapping>& mappings) {
  Bytes out;
  append(out, NtFileHeader{.count = static_cast<std::uint64_t>(
                               std::count_if(mappings.begin(), mappings.end(), in_nt_file)),
                           .page_size = kPageSize});
  for (const Mapping& mapping : mappings)
    if (in_nt_file(mapping))
      append(out, NtFileEntry{.start = mapping.start,
                              .end = mapping.end,
                              .offset_pages = mapping.offset / kPageSize});
  for (const Mapping& mapping : mappings) {
    if (!in_nt_file(mapping)) continue;
    append_text(out, mapping.name);
    out.push_back(std::byte{0});
  }
  return out;
}

}  // namespace checkpoint
