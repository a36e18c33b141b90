// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/status_json.h"

#include "checkpoint/text.h"

namespace cpctl {

using checkpoint::hex;

void write_last(Json& json, const checkpoint::LastCommand& last, bool measured) {
  json.object()
      .field("kind", last.kind)
      .field("status", last.status)
      .field("start", hex(last.start))
      .field("end", hex(last.end))
      .field("id", last.id)
      .field("parent", last.parent)
      .field("seq", last.seq);
  if (measured) json.field("pages_scanned", last.pages_scanned);
  json.field("pages_saved", last.pages_saved)
      .field("pages_zero", last.pages_zero)
      .field("pages_copied", last.pages_copied)
      .field("pages_skipped", last.pages_skipped)
      .field("bytes", last.bytes);
  if (measured) json.field("stall_ns", last.stall_ns).field("total_ns", last.total_ns);
  json.end_object();
}

void write_status(Json& json, std::uint64_t pid, const checkpoint::Status& status) {
  json.object()
      .field("pid", pid)
      .field("version", status.version)
      .field("state", status.state)
      .field("bytes_done", status.bytes_done)
      .field("bytes_total", status.bytes_total);
  json.key("ranges").array();
  for (const auto& range : status.ranges)
    json.object()
        .field("start", hex(range.start))
        .field("end", hex(range.end))
        .field("id", range.id)
        .field("seq", range.seq)
        .end_object();
  json.end_array().key("last");
  if (status.last)
    write_last(json, *status.last);
  else
    json.null();
  json.end_object();
}

}  // namespace cpctl
