// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/layout_check.h"

#include <algorithm>
#include <optional>

#include "checkpoint/error.h"
#include "checkpoint/search.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// The flags that say what kind of memory it is.
constexpr std::uint32_t kKind = PROC_CHECKPOINT_MAP_SHARED | PROC_CHECKPOINT_MAP_FILE |
                                PROC_CHECKPOINT_MAP_HUGETLB | PROC_CHECKPOINT_MAP_GROWSDOWN |
                                PROC_CHECKPOINT_MAP_DEVICE;

/// "rw-p offset 0x1000 of 8:1 inode 47 /bin/x", as far as it matters.
std::string text(const Mapping& mapping, std::uint64_t start) {
  std::string text = protection_text(mapping);
  const std::uint32_t kind =
      mapping.flags & kKind & ~std::uint32_t{PROC_CHECKPOINT_MAP_SHARED | PROC_CHECKPOINT_MAP_FILE};
  if (kind != 0) text += str(' ', mapping_flags_text(kind));
  if (mapping.has(PROC_CHECKPOINT_MAP_FILE))
    text += str(" offset ", hex(mapping.file_offset(start)), " of ", mapping.dev_major, ':',
                mapping.dev_minor, " inode ", mapping.inode);
  if (!mapping.name.empty()) text += ' ' + printable(mapping.name);
  return text;
}

bool same_kind(const Mapping& then, const Mapping& now, std::uint64_t start) {
  if (then.prot != now.prot || ((then.flags ^ now.flags) & kKind) != 0) return false;
  return !then.has(PROC_CHECKPOINT_MAP_FILE) ||
         (then.dev_major == now.dev_major && then.dev_minor == now.dev_minor &&
          then.inode == now.inode && then.file_offset(start) == now.file_offset(start));
}

Error differs(std::uint64_t start, std::uint64_t end, const Mapping& then, const Mapping* now) {
  return Error(Error::Kind::failed, "",
               str(range_text(start, end),
                   now == nullptr ? " is not mapped any more" : " is another mapping than then"))
      .found(now == nullptr ? "nothing" : text(*now, start))
      .expected(text(then, start))
      .hint("restore puts bytes back, not mappings; --range limits it to a part");
}

/// The element at @address, which is nullptr between two, and where that ends.
template <typename Range>
const Range* piece_at(const std::vector<Range>& ranges, std::uint64_t address, std::uint64_t& end) {
  const auto next = first_ending_after(ranges, address);
  if (next == ranges.end()) return nullptr;
  const bool inside = next->start <= address;
  end = std::min(end, inside ? next->end : next->start);
  return inside ? &*next : nullptr;
}

/// The end of the stack, the start of the vdso; nothing where there is none, or where the
/// range cuts it.
std::optional<std::uint64_t> mark_of(const Mapping& mapping, const AddressRange& range) {
  if (mapping.name == "[stack]" && mapping.end < range.end) return mapping.end;
  if (mapping.name == "[vdso]" && mapping.start > range.start) return mapping.start;
  return std::nullopt;
}

}  // namespace

std::vector<ExtraRange> check_layout(const std::vector<Mapping>& then,
                                     const std::vector<LiveMapping>& now,
                                     const AddressRange& range) {
  std::vector<ExtraRange> extra;
  std::uint64_t end = 0;
  for (std::uint64_t at = range.start; at < range.end; at = end) {
    end = range.end;
    const Mapping* was = piece_at(then, at, end);
    const LiveMapping* is = piece_at(now, at, end);
    if (was != nullptr && (is == nullptr || !same_kind(*was, *is, at)))
      throw differs(at, end, *was, is);
    if (was == nullptr && is != nullptr) extra.push_back({at, end, is->name});
  }
  return extra;
}

std::string extra_text(const std::vector<ExtraRange>& extra) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t n = 0; n < extra.size() && n < most; ++n)
    text += str(n == 0 ? "" : ", ", range_text(extra[n].start, extra[n].end),
                extra[n].name.empty() ? "" : " ", printable(extra[n].name));
  return extra.size() > most ? str(text, ", and ", extra.size() - most, " more") : text;
}

void check_program(const std::vector<Mapping>& then, const std::vector<LiveMapping>& now,
                   const AddressRange& range) {
  for (const Mapping& mapping : then) {
    const auto expected = mark_of(mapping, range);
    if (!expected) continue;
    const auto same = std::find_if(
        now.begin(), now.end(), [&](const LiveMapping& live) { return live.name == mapping.name; });
    const auto found = same == now.end() ? std::nullopt : mark_of(*same, {0, UINT64_MAX});
    if (found == expected) continue;
    throw Error(Error::Kind::failed, "",
                "executes another program now, or the same one anew: its " + mapping.name +
                    " is at another place")
        .found(found ? hex(*found) : "nothing")
        .expected(hex(*expected))
        .hint("--other-process takes it nevertheless, if its layout is the same");
  }
}

}  // namespace checkpoint
