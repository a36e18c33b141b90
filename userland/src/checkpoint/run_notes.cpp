// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/run_notes.h"

namespace checkpoint {
namespace {

/// The array of @Raw in @descriptor; @convert makes and checks one run.
template <typename Raw, typename Convert>
std::vector<Run> decode_array(ByteView descriptor, std::string_view note, std::string_view entry,
                              Convert convert) {
  check_equal({note}, "size modulo the entry's", descriptor.size() % sizeof(Raw), 0);
  std::vector<Run> runs;
  runs.reserve(descriptor.size() / sizeof(Raw));
  std::uint64_t previous_end = 0;
  for (std::size_t n = 0; n < descriptor.size() / sizeof(Raw); ++n) {
    const Where where{entry, n};
    const auto raw = load<Raw>(descriptor, n * sizeof(Raw), where);
    check_pages(where, raw.start, raw.end);
    if (raw.start < previous_end)
      throw damaged(str(where.text(), ": not behind the previous entry"))
          .found(hex(raw.start))
          .expected("at least " + hex(previous_end));
    previous_end = raw.end;
    runs.push_back(convert(raw, where));
  }
  return runs;
}

}  // namespace

std::vector<Run> decode_file_pages(ByteView descriptor) {
  return decode_array<proc_checkpoint_file_run>(
      descriptor, "FILE_PAGES", "FILE_PAGES entry",
      [](const proc_checkpoint_file_run& raw, const Where&) {
        return Run{.start = raw.start, .end = raw.end, .state = PageState::file};
      });
}

std::vector<Run> decode_skipped(ByteView descriptor) {
  return decode_array<proc_checkpoint_skipped_run>(
      descriptor, "SKIPPED", "SKIPPED entry",
      [](const proc_checkpoint_skipped_run& raw, const Where& where) {
        if (raw.reason == 0 || raw.reason > PROC_CHECKPOINT_SKIP_MAX)
          throw damaged(str(where.text(), ": unknown reason"))
              .found(str(raw.reason))
              .expected(str("1 to ", PROC_CHECKPOINT_SKIP_MAX));
        check_equal(where, "reserved field", raw.reserved, 0);
        return Run{
            .start = raw.start, .end = raw.end, .state = PageState::skipped, .reason = raw.reason};
      });
}

Bytes encode_file_pages(const std::vector<Run>& runs) {
  Bytes out;
  for (const Run& run : runs)
    if (run.state == PageState::file)
      append(out, proc_checkpoint_file_run{.start = run.start, .end = run.end});
  return out;
}

Bytes encode_skipped(const std::vector<Run>& runs) {
  Bytes out;
  for (const Run& run : runs)
    if (run.state == PageState::skipped)
      append(out, proc_checkpoint_skipped_run{
                      .start = run.start, .end = run.end, .reason = run.reason, .reserved = 0});
  return out;
}

}  // namespace checkpoint
