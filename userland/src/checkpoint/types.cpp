// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/types.h"

#include <elf.h>

#include <utility>

#include "checkpoint/text.h"

namespace checkpoint {

std::string id_text(const Id& id) {
  return hex_bytes(id);
}

std::string_view kind_text(Kind kind) {
  return kind == Kind::full ? PROC_CHECKPOINT_CMD_FULL : PROC_CHECKPOINT_CMD_INC;
}

std::string protection_text(const Mapping& mapping) {
  std::string text = "---p";
  if ((mapping.prot & PROC_CHECKPOINT_PROT_READ) != 0) text[0] = 'r';
  if ((mapping.prot & PROC_CHECKPOINT_PROT_WRITE) != 0) text[1] = 'w';
  if ((mapping.prot & PROC_CHECKPOINT_PROT_EXEC) != 0) text[2] = 'x';
  if (mapping.has(PROC_CHECKPOINT_MAP_SHARED)) text[3] = 's';
  return text;
}

std::string mapping_flags_text(std::uint32_t flags) {
  static constexpr std::pair<std::uint32_t, std::string_view> names[] = {
      {PROC_CHECKPOINT_MAP_SHARED, "shared"},       {PROC_CHECKPOINT_MAP_FILE, "file"},
      {PROC_CHECKPOINT_MAP_BY_REF, "by_ref"},       {PROC_CHECKPOINT_MAP_HUGETLB, "hugetlb"},
      {PROC_CHECKPOINT_MAP_GROWSDOWN, "growsdown"}, {PROC_CHECKPOINT_MAP_LOCKED, "locked"},
      {PROC_CHECKPOINT_MAP_DONTDUMP, "dontdump"},   {PROC_CHECKPOINT_MAP_WIPEONFORK, "wipeonfork"},
      {PROC_CHECKPOINT_MAP_DEVICE, "device"},       {PROC_CHECKPOINT_MAP_UNLINKED, "unlinked"},
      {PROC_CHECKPOINT_MAP_NORESERVE, "noreserve"}, {PROC_CHECKPOINT_MAP_DONTFORK, "dontfork"},
  };
  std::string text;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

std::uint32_t segment_flags(const Mapping& mapping) {
  std::uint32_t flags = 0;
  if ((mapping.prot & PROC_CHECKPOINT_PROT_READ) != 0) flags |= PF_R;
  if ((mapping.prot & PROC_CHECKPOINT_PROT_WRITE) != 0) flags |= PF_W;
  if ((mapping.prot & PROC_CHECKPOINT_PROT_EXEC) != 0) flags |= PF_X;
  return flags;
}

std::string_view state_text(PageState state) {
  switch (state) {
    case PageState::unmapped:
      return "unmapped";
    case PageState::absent:
      return "absent";
    case PageState::data:
      return "data";
    case PageState::zero:
      return "zero";
    case PageState::file:
      return "file";
    case PageState::skipped:
      return "skipped";
  }
  return "unknown";
}

std::string_view skip_text(SkipReason reason) {
  switch (reason) {
    case PROC_CHECKPOINT_SKIP_DEVICE:
      return "device";
    case PROC_CHECKPOINT_SKIP_SECRET:
      return "secret";
    case PROC_CHECKPOINT_SKIP_POISON:
      return "poison";
    case PROC_CHECKPOINT_SKIP_GUARD:
      return "guard";
    case PROC_CHECKPOINT_SKIP_EOF:
      return "eof";
    case PROC_CHECKPOINT_SKIP_UNREADABLE:
      return "unreadable";
    default:
      return "unknown";
  }
}

}  // namespace checkpoint
