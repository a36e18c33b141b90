// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/info_note.h"

namespace checkpoint {
namespace {

constexpr Where kWhere{"INFO"};

void check_kind(const Info& info) {
  check_flags(kWhere, "flags", info.flags, PROC_CHECKPOINT_INFO_FLAGS);
  if (is_zero(info.id)) fail(kWhere, "the id is zero");
  if (info.kind == Kind::inc) {
    check_equal(kWhere, "flags of an inc", info.flags, 0);
    if (is_zero(info.parent)) fail(kWhere, "an inc without a parent");
    if (info.parent == info.id) fail(kWhere, "an image that is its own parent");
    if (info.seq == 0) throw damaged("INFO: wrong seq of an inc").found("0").expected("1 or more");
    return;
  }
  if (!is_zero(info.parent))
    throw damaged("INFO: a full image with a parent").found(id_text(info.parent));
  if (!info.merged()) check_equal(kWhere, "seq of a full image", info.seq, 0);
}

}  // namespace

Info decode_info(ByteView descriptor) {
  check_equal(kWhere, "size", descriptor.size(), sizeof(proc_checkpoint_info));
  const auto raw = load<proc_checkpoint_info>(descriptor, 0, kWhere);
  if (raw.version != PROC_CHECKPOINT_FORMAT_VERSION)
    throw damaged("INFO: unknown version of the image format")
        .found(str(raw.version))
        .expected(str(PROC_CHECKPOINT_FORMAT_VERSION))
        .hint("a newer cpctl may know it");
  check_equal(kWhere, "info_bytes", raw.info_bytes, sizeof(raw));
  if (raw.kind != PROC_CHECKPOINT_KIND_FULL && raw.kind != PROC_CHECKPOINT_KIND_INC)
    throw damaged("INFO: unknown kind").found(str(raw.kind)).expected("1 (full) or 2 (inc)");
  check_equal(kWhere, "page size", raw.page_size, kPageSize);
  check_pages({"INFO: range"}, raw.start, raw.end);

  Info info{.kind = Kind{raw.kind},
            .flags = raw.flags,
            .page_size = raw.page_size,
            .pid = raw.pid,
            .seq = raw.seq,
            .start = raw.start,
            .end = raw.end,
            .start_time_ns = raw.start_time_ns,
            .time_ns = raw.time_ns,
            .pages_data = raw.pages_data,
            .pages_zero = raw.pages_zero,
            .pages_file = raw.pages_file,
            .pages_skipped = raw.pages_skipped,
            .pages_copied = raw.pages_copied,
            .mappings = raw.mappings,
            .stall_ns = raw.stall_ns};
  std::copy(std::begin(raw.id), std::end(raw.id), info.id.begin());
  std::copy(std::begin(raw.parent), std::end(raw.parent), info.parent.begin());
  check_kind(info);
  if (info.pages_copied > info.pages_data)
    throw damaged("INFO: more pages copied than saved")
        .found(str(info.pages_copied))
        .expected(str("at most ", info.pages_data));
  return info;
}

Bytes encode_info(const Info& info) {
  proc_checkpoint_info raw{};
  raw.version = PROC_CHECKPOINT_FORMAT_VERSION;
  raw.info_bytes = sizeof(raw);
  raw.kind = static_cast<std::uint32_t>(info.kind);
  raw.flags = info.flags;
  raw.page_size = static_cast<std::uint32_t>(info.page_size);
  raw.pid = info.pid;
  std::copy(info.id.begin(), info.id.end(), std::begin(raw.id));
  std::copy(info.parent.begin(), info.parent.end(), std::begin(raw.parent));
  raw.seq = info.seq;
  raw.start = info.start;
  raw.end = info.end;
  raw.start_time_ns = info.start_time_ns;
  raw.time_ns = info.time_ns;
  raw.pages_data = info.pages_data;
  raw.pages_zero = info.pages_zero;
  raw.pages_file = info.pages_file;
  raw.pages_skipped = info.pages_skipped;
  raw.pages_copied = info.pages_copied;
  raw.mappings = info.mappings;
  raw.stall_ns = info.stall_ns;
  Bytes out;
  append(out, raw);
  return out;
}

}  // namespace checkpoint
