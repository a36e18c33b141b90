// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/status.h"

#include <linux/proc_checkpoint.h>

#include "checkpoint/error.h"
#include "checkpoint/numbers.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

Error bad_value(std::string_view key, std::string_view value) {
  return Error(Error::Kind::failed, "", str("the value of '", printable(key), "' cannot be read"))
      .found("'" + printable(value) + "'");
}

std::uint64_t number(std::string_view key, std::string_view value) {
  const auto parsed = parse_number(value);
  if (!parsed) throw bad_value(key, value);
  return *parsed;
}

/// A row for each key with a value of its own.
template <typename Struct>
struct Field {
  std::string_view key;
  std::uint64_t Struct::*number = nullptr;
  std::string Struct::*text = nullptr;
};

constexpr Field<Status> kFields[] = {
    {PROC_CHECKPOINT_KEY_VERSION, &Status::version, nullptr},
    {PROC_CHECKPOINT_KEY_STATE, nullptr, &Status::state},
    {PROC_CHECKPOINT_KEY_BYTES_DONE, &Status::bytes_done, nullptr},
    {PROC_CHECKPOINT_KEY_BYTES_TOTAL, &Status::bytes_total, nullptr},
};

constexpr Field<LastCommand> kLastFields[] = {
    {PROC_CHECKPOINT_KEY_LAST_KIND, nullptr, &LastCommand::kind},
    {PROC_CHECKPOINT_KEY_LAST_STATUS, nullptr, &LastCommand::status},
    {PROC_CHECKPOINT_KEY_LAST_START, &LastCommand::start, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_END, &LastCommand::end, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_ID, nullptr, &LastCommand::id},
    {PROC_CHECKPOINT_KEY_LAST_PARENT, nullptr, &LastCommand::parent},
    {PROC_CHECKPOINT_KEY_LAST_SEQ, &LastCommand::seq, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_PAGES_SCANNED, &LastCommand::pages_scanned, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_PAGES_SAVED, &LastCommand::pages_saved, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_PAGES_ZERO, &LastCommand::pages_zero, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_PAGES_COPIED, &LastCommand::pages_copied, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_PAGES_SKIPPED, &LastCommand::pages_skipped, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_BYTES, &LastCommand::bytes, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_STALL_NS, &LastCommand::stall_ns, nullptr},
    {PROC_CHECKPOINT_KEY_LAST_TOTAL_NS, &LastCommand::total_ns, nullptr},
};

template <typename Struct>
void set(Struct& target, const Field<Struct>& field, std::string_view value) {
  if (field.number != nullptr)
    target.*field.number = number(field.key, value);
  else
    target.*field.text = value;
}

/// Takes the first word off @text.
std::string_view word(std::string_view& text) {
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view first = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return first;
}

TrackedRange parse_tracked(std::string_view value) {
  constexpr std::string_view key = PROC_CHECKPOINT_KEY_RANGE;
  std::string_view rest = value;
  TrackedRange range;
  range.start = number(key, word(rest));
  range.end = number(key, word(rest));
  range.id = word(rest);
  range.seq = number(key, word(rest));
  if (range.id.empty() || !rest.empty()) throw bad_value(key, value);
  return range;
}

void take(Status& status, std::string_view key, std::string_view value) {
  if (key == PROC_CHECKPOINT_KEY_RANGE) return status.ranges.push_back(parse_tracked(value));
  for (const auto& field : kFields)
    if (field.key == key) return set(status, field, value);
  for (const auto& field : kLastFields) {
    if (field.key != key) continue;
    if (!status.last) status.last.emplace();
    return set(*status.last, field, value);
  }
}

}  // namespace

Status parse_status(std::string_view text) {
  Status status;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || colon == 0)
      throw Error(Error::Kind::failed, "", "a line that cannot be read")
          .found("'" + printable(line) + "'")
          .expected("'key: value'");
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    status.lines.emplace_back(key, value);
    take(status, key, value);
  }
  if (status.version == 0 || status.state.empty())
    throw Error(Error::Kind::failed, "", "version or state is missing");
  return status;
}

}  // namespace checkpoint
